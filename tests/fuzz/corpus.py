"""Requests over the People sample that are answered, and fragments to spoil them with."""

from __future__ import annotations

ADA = "0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001"
PERSON = f"People(guid'{ADA}')"

FILTERS = (
    "Name eq 'Ada Lovelace'", "Name ne 'x' and IsDeleted eq false", "not (Name lt 'B')", "startswith(Name,'A')",
    "endswith(Name,'n')", "substringof('o''N',Name)", "length(Name) gt 10 or length(Name) lt 3", "indexof(Name,'a') eq 0",
    "replace(Name,'a','b') eq 'x'", "substring(Name,1) eq 'da'", "substring(Name,1,2) eq 'da'", "tolower(Name) eq 'ada'",
    "toupper(Name) eq 'ADA'", "trim(Name) eq Name", "concat(Name,'x') ne null", "year(LastUpdated) ge 2000",
    "month(LastUpdated) add day(LastUpdated) mul 2 sub 1 div 3 mod 4 eq 5", "hour(LastUpdated) eq minute(LastUpdated)",
    "second(LastUpdated) le 59", "LastUpdated gt datetime'1900-01-01T00:00:00'", f"PersonId eq guid'{ADA}'",
    "round(1.5) eq 2 and floor(1.5M) eq 1 and ceiling(1.5f) eq 2", "-length(Name) lt 5L", "null eq Name", "IsDeleted",
    "isof(Name,'Edm.String')", "cast(length(Name),'Edm.Int64') eq 12L", "X'0AFF' eq binary'0AFF'", "1E3 lt INF",
    "Name eq 'a' or Name eq 'b' or Name eq null", "time'PT13H20M' gt time'PT1H'",
    "datetimeoffset'2020-01-01T00:00:00+01:00' eq datetime'2019-12-31T23:00:00'",
)  # fmt: skip
ORDERS = ("Name", "Name desc", "length(Name) desc,Name asc,PersonId", "LastUpdated,IsDeleted desc", "tolower(Name)")
OPTIONS = (
    "", "$top=2", "$skip=1", "$top=0", "$top=3&$skip=2&$orderby=Name", "$inlinecount=allpages", "$inlinecount=none",
    "$select=Name", "$select=*", "$select=Name,Addresses/StreetAddress&$expand=Addresses", "$expand=Addresses",
    "$expand=Addresses,PhoneNumbers", "$expand=Addresses/AddressType,PhoneNumbers", "$format=json", "includeDeleted=false",
    "$expand=Addresses/Person/PhoneNumbers&$select=Addresses/Person/*", "$format=application/json;odata=verbose&a=b",
)  # fmt: skip
PATHS = (
    "", "$metadata", "People", "People()", "MyPeopleEntities.People", "Addresses", "AddressTypes", "PhoneNumbers", PERSON,
    f"People(PersonId=guid'{ADA}')", f"{PERSON}/Name", f"{PERSON}/Name/$value", f"{PERSON}/LastUpdated/$value",
    f"{PERSON}/Addresses", f"{PERSON}/Addresses/$count", f"{PERSON}/$links/Addresses", f"{PERSON}/PhoneNumbers",
    "People/$count", "AddressTypes(1)", "AddressTypes(1)/Addresses", "AddressTypes(AddressTypeId=1)/Name/$value",
)  # fmt: skip
# (path, query) of some eighty requests.
URLS = (
    *((path, "") for path in PATHS),
    *(("People", query) for query in OPTIONS),
    *(("People", f"$filter={condition}") for condition in FILTERS),
    *(("People", f"$orderby={order}&$top=4") for order in ORDERS),
    ("Addresses", "$filter=Person/Name eq 'x' or AddressType/Name ne null&$orderby=Person/Name desc&$expand=Person"),
    ("Addresses", "$filter=AddressType ne null and AddressTypeId eq 1L"),
    (f"{PERSON}/Addresses", "$filter=AddressTypeId gt 1&$orderby=AddressTypeId desc&$inlinecount=allpages&$top=1"),
    ("People/$count", "$filter=length(Name) gt 12"),
)

FRAGMENTS = (
    "'", "''", "\"", "(", ")", "((", "))", ",", "/", "//", "$", "$$", "%", "%%", "%00", "%27", "%2527", "%2F", "%252F", "%C0%AF",
    "%FF", "%ED%A0%80", "%F0%9F%98%80", "+", "%20", "%2B", "&", "&&", "=", "?", "#", ";", "--", "/*", "*/", "\\", "\x00", "\x7f",
    "\r\n", "\t", "\ufeff", "\u202e", "\ud800", "\udfff", "😀", "e\u0301", "⟨string⟩", "⟨", "İ", "..", "*", ":", "{", "}", "[", "]",
    " eq ", " ne ", " gt ", " and ", " or ", " not ", "not ", "-", "--", " add ", " div 0", " mod 0", " asc", " desc", " in (1,2)",
    "null", "true", "NaN", "INF", "-INF", "-0", "1e400", "1e-400", "0.1e1000000", "9" * 400, "2147483648", "9223372036854775808",
    "-9223372036854775809L", "1.5M", "9" * 60 + ".5M", "1L", "1.5f", "3.5e38f", "datetime'0000-00-00T00:00:00'",
    "datetime'10000-01-01T00:00:00'", "datetime'9999-12-31T23:59:59.9999999'", "datetime'2016-12-31T23:59:60'",
    "datetime'2020-01-01T24:00:00'", "datetimeoffset'2020-01-01T00:00:00+15:00'", "datetimeoffset'0001-01-01T00:00:00+14:00'",
    "datetimeoffset'9999-12-31T23:59:59-14:00'", "time'P1Y'", "time'PT99999999999999999999H'", "time'P999999999D'", "duration'P1D'",
    "guid'{0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001}'", "guid''", f"guid'{ADA.upper()}'", "X'0'", "X'GG'", "binary''", "X''", "'\x00'",
    "__class__", "metadata", "registry", "Person/__dict__", "Name/Name", "Addresses/Name", "Person/Person/Person/Person", "$it",
    "cast(Name,'Edm.Int32')", "cast(Name,'Nope')", "cast(Name)", "isof('x')", "substring(Name,-1)", "substring(Name,99999999999)",
    "length(1)", "year(Name)", "concat(Name)", "contains(Name,'a')", "any(a:a/b)", "geo.distance(a,b)", "Addresses/any()", "now()",
    "$value", "$count", "$links", "$batch", "$metadata", "$links/Addresses", "$ref", "$filter=", "$top=-1", "$top=99999999999999999999",
    "$skip=1.5", "$skiptoken=abc", "$skiptoken=", "$orderby=", "$select=", "$expand=", "$format=atom", "$format=", "$callback=x",
    "$nope=1", "$inlinecount=x", "$search=x", "%24filter=1", "includeDeleted=x", "$select=Addresses/Name", "$expand=Addresses/*",
)  # fmt: skip

HEADERS = (
    "Accept", "Accept-Charset", "Accept-Language", "Content-Type", "DataServiceVersion", "MaxDataServiceVersion",
    "MinDataServiceVersion", "If-Match", "If-None-Match", "X-HTTP-Method", "X-HTTP-Method-Override", "Prefer", "Host",
    "OData-Version", "OData-MaxVersion", "Content-Encoding", "Slug",
)  # fmt: skip
HEADER_VALUES = (
    "", "*", "*/*", "application/json", "application/json;odata=verbose", "application/json;odata=verbose;q=0.5,*/*;q=0",
    "application/atom+xml", "application/xml", "text/plain", "text/html,*/*;q=0.1", "application/json;q=x", "q=1", "/", ";", ",,,",
    "application/json; charset=utf-16", "application/json; charset=utf-7", "application/json; charset=\x00", "gzip", "1.0", "2.0;x",
    "3.0", "99999999999999999999.0", "-1.0", "2", "2.0,1.0", "W/\"'a'\"", "\"unbalanced", "W/", "\"a\",\"b\"", "PUT", "put", "GET",
    "MERGE", "DELETE", "TRACE", "\ud800", "\r\nX: y", "x" * 20_000, "a;" * 5_000, "a/b," * 5_000,
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "MERGE", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "", "\ud800")
