# docker build -t odata-service . && docker run --read-only --tmpfs /tmp -e ODATA_DATABASE_URL=postgresql://… -p 8000:8000 odata-service
FROM python:3.13-slim AS build
COPY . /src
RUN python -m venv /opt/odata \
 && /opt/odata/bin/pip install --no-cache-dir "/src[postgres,mysql,auth,argon2,zstd,metrics]" \
 && /opt/odata/bin/python -c "from odata_service.parse import load_grammars; load_grammars()"

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin odata
COPY --from=build /opt/odata /opt/odata
ENV PATH=/opt/odata/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 ODATA_HOST=0.0.0.0 ODATA_PORT=8000 ODATA_LOG=json
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"ODATA_PORT\"]}/-/live', timeout=3)"]
ENTRYPOINT ["odata-service"]
CMD ["serve"]
