"""What somebody sees who opens the host's address in a browser."""

from __future__ import annotations

from tests.browser import Browser

FOLLOW_LINKS = """
const answers = await Promise.all([...document.links].map((link) => fetch(link.href)))
return answers.map((answer) => answer.status)
"""


def test_it_leads_to_the_services(browser: Browser, serve):
    serving = serve("--sample", "techstore", "--workers", "1")
    browser.open(serving.root.removesuffix("v2/"))
    assert browser.page.title() == "TechStore"
    links = browser.run("return [...document.links].map((link) => link.href)")
    assert all(link.startswith(root) for link, root in zip(links, serving.roots, strict=True))
    assert browser.run(FOLLOW_LINKS) == [200 for _ in links]
