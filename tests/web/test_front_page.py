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
    assert browser.driver.title == "TechStore"
    assert browser.run("return [...document.links].map((link) => link.href)") == serving.roots
    assert browser.run(FOLLOW_LINKS) == [200, 200]
