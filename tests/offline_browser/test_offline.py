"""An application in Chromium works without a network, and is right when it comes back. Every scenario ends with each replica
equal to the server and nothing left in a queue."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.offline_browser.conftest import Page, Server


def test_work_offline_and_come_back(page: Page) -> None:
    page.run("""
        await device("phone").sync()
        await device("phone").set("Orders").update("order-brian", { status: "Known" })
    """)
    with page.browser.offline():
        is_online, has_network, error, status, replica = page.run("""
            const phone = device("phone"), orders = phone.set("Orders")
            await phone.start()
            const added = await orders.add({ customerName: "Zoe", status: "Draft" })
            await orders.update(added.localId, { status: "Pending" })
            await orders.remove("order-ada")
            const error = await phone.sync().catch((error) => error.name)
            return [phone.isOnline, navigator.onLine, error, await phone.status(), await replica(phone)]
        """)
    assert (is_online, has_network, error, status["pending"]) == (False, False, "NotReachable", 3)
    assert "order-ada" not in replica and {"Pending", "Known"} <= {each["status"] for each in replica.values()}
    online = page.run("""
        const phone = device("phone")
        while (!(await phone.status()).online || (await phone.status()).pending) await new Promise((go) => setTimeout(go, 20))
        await phone.stop()
        return phone.told.filter(({ type }) => type === "synced").at(-1)
    """)
    assert online["pushed"] == 3
    server = page.settled("phone")
    assert "order-ada" not in server and [each["status"] for each in server.values()].count("Pending") == 1


def test_a_reload_forgets_nothing(page: Page) -> None:
    page.run("""
        await device("reloaded").sync()
        faults.push({ method: "POST", when: "before" })
        await device("reloaded").set("Orders").add({ localId: "reload", customerName: "R", status: "1" })
        await device("reloaded").sync().catch(() => {})
    """)
    page.open()
    queue = page.run('return (await device("reloaded").queue()).map(({ action, state }) => [action, state])')
    assert queue == [["add", "sent"]]
    assert page.settled("reloaded")["reload"]["status"] == "1"


FAULTS = [
    '{ method: "POST", when: "before" }',
    '{ method: "POST", when: "after" }',
    '{ method: "POST", answer: { status: 500, body: "<h1>" } }',
    '{ method: "POST", answer: { status: 200, body: "{\\"results\\": [" } }',
    '{ method: "POST", answer: { status: 503, headers: { "Retry-After": "999999" } } }',
    '{ method: "GET", path: "Orders", when: "after" }',
]


@pytest.mark.parametrize("fault", FAULTS)
def test_an_answer_that_is_not_heard(page: Page, fault: str) -> None:
    """Whatever was done is not done again, and what is edited meanwhile comes after it."""
    page.run(f"""
        const phone = device("lost"), orders = phone.set("Orders")
        await phone.sync({{ force: true }})
        faults.push({fault})
        const [customer] = await phone.set("Customers").addAll([{{ name: "C" }}])
        const order = await orders.add({{ customerName: "L", status: "1", customerLocalId: customer.localId }})
        globalThis.gone = await orders.add({{ customerName: "gone", status: "1" }})
        await phone.sync().catch(() => {{}})
        await orders.update(order.localId, {{ status: "2" }})
        await orders.remove(gone.localId)
    """)
    server = page.settled("lost")
    assert page.run("return gone.localId") not in server
    assert {each["status"] for each in server.values() if each["customerName"] == "L"} == {"2"}


def test_retry_after_is_heard_and_has_a_limit(page: Page) -> None:
    waits = page.run("""
        const phone = device("patient")
        faults.push({ method: "GET", answer: { status: 503, headers: { "Retry-After": "999999" } } })
        const first = await phone.sync().catch((error) => error)
        const second = await phone.sync().catch((error) => error)
        return [first.name, (first.retryAt - Date.now()) / 60000, second.name, requests.length]
    """)
    assert waits[0] == waits[2] == "NotReachable" and 4 < waits[1] <= 5 and waits[3] == 1
    page.settled("patient")


def test_two_devices_change_different_columns(page: Page) -> None:
    page.run("""
        const phone = device("phone-2"), laptop = device("laptop-2")
        await elsewhere("add", { localId: "both", customerName: "B", status: "1" })
        await phone.sync(), await laptop.sync()
        await phone.set("Orders").update("both", { status: "2" })
        await laptop.set("Orders").update("both", { customerName: "Bo" })
        await laptop.sync()
    """)
    both = page.settled("phone-2", "laptop-2")["both"]
    assert (both["customerName"], both["status"]) == ("Bo", "2")


CONFLICTS = [
    # rule     what the application decides       the status afterwards
    ("client", None,                              "phone"),
    ("server", None,                              "laptop"),
    ("latest", None,                              "laptop"),  # whose change was committed after the phone's was made
    ("ask",    '"mine"',                          "phone"),
    ("ask",    '"theirs"',                        "laptop"),
    ("ask",    '{ ...mine, status: "merged" }',   "merged"),
    ("ask",    "null",                            None),
    ("merge",  '"mine"',                          "phone"),
]  # fmt: skip


@pytest.mark.parametrize("rule, choice, status", CONFLICTS)
def test_a_conflict(page: Page, server: Server, rule: str, choice: str | None, status: str | None) -> None:
    server.rule(rule)
    key = f"{rule}-{choice}"
    conflicts = page.run("""
        const phone = device("phone-3"), laptop = device("laptop-3"), [key] = args
        await elsewhere("add", { localId: key, customerName: "C", status: "1" })
        await phone.sync(), await laptop.sync()
        await laptop.set("Orders").update(key, { status: "laptop" })
        await phone.set("Orders").update(key, { status: "phone" })
        await laptop.sync()
        phone.told = []
        await phone.sync()
        return [await phone.conflicts(), phone.told.map(({ type }) => type)]
    """, key)  # fmt: skip
    (asked, told) = conflicts
    if choice is None:
        assert asked == [] and told == (["synced"] if rule == "client" else ["overruled", "synced"])
    else:
        (conflict,) = asked
        sides = [conflict[side]["status"] for side in ("base", "mine", "theirs")]
        assert (sides, conflict["columns"], told) == (["1", "phone", "laptop"], ["status"], ["conflict", "synced"])
        page.run(f"""
            const [conflict] = await device("phone-3").conflicts()
            const {{ mine }} = conflict
            await device("phone-3").resolve(conflict, {choice})
        """)
    assert page.settled("phone-3", "laptop-3").get(key, {}).get("status") == status


@pytest.mark.parametrize("choice", ['"mine"', '"theirs"'])
@pytest.mark.parametrize("deleted_by", ["phone", "laptop"])
def test_one_deletes_what_the_other_changes(page: Page, server: Server, choice: str, deleted_by: str) -> None:
    server.rule("ask")
    key = f"{deleted_by}-{choice}"
    page.run("""
        const phone = device("phone-4"), laptop = device("laptop-4"), [key, by] = args
        await elsewhere("add", { localId: key, customerName: "C", status: "1" })
        await phone.sync(), await laptop.sync()
        const [one, other] = by === "phone" ? [phone, laptop] : [laptop, phone]
        await one.set("Orders").remove(key)
        await other.set("Orders").update(key, { status: "changed" })
        await laptop.sync()
        await phone.sync()
    """, key, deleted_by)  # fmt: skip
    page.run(f"""
        const phone = device("phone-4"), [conflict] = await phone.conflicts()
        await phone.resolve(conflict, {choice})
    """)
    is_there = (deleted_by == "phone") == (choice == '"theirs"')
    assert (key in page.settled("phone-4", "laptop-4")) is is_there


def test_an_edit_while_a_conflict_is_open_and_its_record_changes_again(page: Page, server: Server) -> None:
    server.rule("ask")
    conflict = page.run("""
        const phone = device("phone-5"), orders = phone.set("Orders")
        await elsewhere("add", { localId: "open", customerName: "C", status: "1" })
        await phone.sync()
        await elsewhere("update", { localId: "open", status: "2" })
        await orders.update("open", { status: "mine" })
        await phone.sync()
        await orders.update("open", { customerName: "Mine" })
        await elsewhere("update", { localId: "open", status: "3" })
        await phone.sync()
        const [conflict] = await phone.conflicts()
        await phone.resolve(conflict, "mine")
        return conflict
    """)
    assert (conflict["theirs"]["status"], conflict["mine"]["customerName"]) == ("3", "Mine")
    record = page.settled("phone-5")["open"]
    assert (record["status"], record["customerName"]) == ("mine", "Mine")


def test_what_is_refused_holds_up_nothing_else(page: Page) -> None:
    queue = page.run("""
        const phone = device("dead"), orders = phone.set("Orders")
        await phone.sync()
        await orders.addAll([
          { localId: "too-long", customerName: "x".repeat(101), status: "1" },
          { localId: "orphan", customerName: "O", status: "1", customerLocalId: "nobody" },
          { localId: "fine", customerName: "F", status: "1" },
        ])
        await phone.sync()
        return phone.queue()
    """)
    assert [(each["key"], each["state"], each["error"]["status"]) for each in queue] == [
        (["too-long"], "dead", 422), (["orphan"], "dead", 409),
    ]  # fmt: skip
    page.run("""
        const phone = device("dead")
        await phone.set("Orders").update("too-long", { customerName: "short" })
        await phone.set("Customers").add({ localId: "nobody", name: "Somebody" })
    """)
    server = page.settled("dead")
    assert {"too-long", "orphan", "fine"} <= server.keys()
    page.run("""
        const phone = device("dead")
        await phone.set("Orders").update("fine", { customerName: null })
        await phone.sync()
        await phone.discard((await phone.queue())[0])
    """)
    assert page.settled("dead")["fine"]["customerName"] == "F"


def test_a_clock_that_is_wrong_by_a_day(page: Page) -> None:
    """The latest change wins by the server's clock, whatever the devices' clocks say."""
    statuses = page.run("""
        const realNow = Date.now, found = []
        for (const days of [-1, 1]) {
          const wrong = device(`clock ${days}`), key = `clock ${days}`
          Date.now = () => realNow() + days * 86_400_000
          await elsewhere("add", { localId: key, customerName: "C", status: "1" })
          await wrong.sync()
          if (days === 1) await wrong.set("Orders").update(key, { status: "earlier" })
          await new Promise((go) => setTimeout(go, 1100))  // the header has whole seconds
          await elsewhere("update", { localId: key, status: "2" })
          await new Promise((go) => setTimeout(go, 1100))
          if (days === -1) await wrong.set("Orders").update(key, { status: "later" })
          await wrong.sync()
          found.push((await replica(wrong))[key].status)
        }
        Date.now = realNow
        return found
    """)
    assert statuses == ["later", "2"]
    page.settled("clock 1", "clock -1")


def test_a_token_that_is_of_no_use_any_more(page: Page, server: Server) -> None:
    """The purge has removed the tombstones that the device has not heard of."""
    page.run("""
        const old = device("old")
        for (const localId of ["p1", "p2", "p3"]) await elsewhere("add", { localId, customerName: "P", status: "1" })
        await old.sync()
        await elsewhere("delete", { localId: "p1" })
        await old.set("Orders").update("p2", { status: "edited" })
        await old.set("Orders").add({ localId: "p4", customerName: "P", status: "new" })
    """)
    server.service.purge(timedelta())
    found = page.run("""
        const old = device("old")
        faults.push({ method: "POST", when: "before" }, { method: "POST", when: "before" })
        await old.sync().catch(() => {})
        return old.sync({ force: true }).catch((error) => error.name).then(() => old.sync({ force: true }))
    """)
    assert (found["pushed"], found["deleted"]) == (2, 1)
    statuses = {key: each["status"] for key, each in page.settled("old").items() if each["customerName"] == "P"}
    assert statuses == {"p2": "edited", "p3": "1", "p4": "new"}


def test_a_token_is_asked_for_again_once(page: Page) -> None:
    found = page.run("""
        const asked = []
        const token = async ({ refused }) => (asked.push(refused), refused ? "new" : "old")
        const phone = device("signed", { token })
        faults.push({ method: "GET", answer: { status: 401, body: "{}" } })
        await phone.sync()
        const once = [...asked]
        await phone.set("Orders").add({ localId: "signed", customerName: "S", status: "1" })
        faults.push({ method: "POST", answer: { status: 401, body: "{}" } }, { method: "POST", answer: { status: 401, body: "{}" } })
        const error = await phone.sync().catch((error) => error.name)
        return [once.slice(0, 2), error, phone.told.map(({ type }) => type), (await phone.queue())[0].state]
    """)
    assert found == [[False, True], "Unauthorized", ["synced", "unauthorized"], "pending"]
    assert "signed" in page.settled("signed")


def test_an_answer_that_comes_after_other_news(page: Page) -> None:
    """The device's operation was done, its answer lost, the record deleted by somebody else, and pulled, before the answer came."""
    page.run("""
        const phone = device("late")
        await phone.sync()
        await phone.set("Orders").add({ localId: "late", customerName: "L", status: "1" })
        faults.push({ method: "POST", when: "after" })
        await phone.sync().catch(() => {})
        await elsewhere("delete", { localId: "late" })
        await phone.pull("Orders")
    """)
    assert "late" not in page.settled("late")


def test_deleted_and_made_again(page: Page, server: Server) -> None:
    server.rule("ask")
    page.run("""
        const phone = device("undo"), orders = phone.set("Orders")
        await orders.add({ localId: "undo", customerName: "U", status: "1" })
        await phone.sync()
        const before = await orders.get("undo")
        await orders.remove("undo")
        await orders.add(before)                     // at once: nothing has happened
        await phone.sync()
        await orders.remove("undo")
        faults.push({ method: "POST", when: "after" })
        await phone.sync().catch(() => {})
        await orders.add({ ...before, status: "2" }) // after the deletion has left the device
    """)
    assert page.settled("undo")["undo"]["status"] == "2"


@pytest.mark.parametrize("status, pushes", [(500, 4), (413, 1), (422, 1)])
def test_one_operation_that_spoils_every_push(page: Page, status: int, pushes: int) -> None:
    """It is found out and stands aside; where the server fails at it, not before it has done so again and again."""
    name = f"poison-{status}"
    states = page.run("""
        const [name, status, pushes] = args, phone = device(name), orders = phone.set("Orders"), states = []
        faults.push({ method: "POST", body: name, answer: { status, body: '{"error": {"code": "Spoilt", "message": "no"}}' } })
        await orders.addAll([1, 2, 3, 4, 5].map((number) => (
          { localId: number === 3 ? name : `${name.slice(1)}-${number}`, customerName: "P", status: "1" })))
        for (let push = 0; push < pushes; push++) {
          await phone.sync({ force: true }).catch(() => {})
          states.push((await phone.queue()).map(({ state }) => state).join())
        }
        faults.length = 0
        return states
    """, name, status, pushes)  # fmt: skip
    assert states == ["sent"] * (pushes - 1) + ["dead"]
    page.run("const phone = device(args[0]); for (const each of await phone.queue()) await phone.retry(each)", name)
    assert {name, *(f"{name[1:]}-{number}" for number in (1, 2, 4, 5))} <= page.settled(name).keys()


def test_another_version_of_the_application(page: Page) -> None:
    """With another filter and one more index: what does not match any more goes, what matches now comes, and edits stay."""
    found = page.run("""
        for (const [localId, status] of [["v1", "open"], ["v2", "open"], ["v3", "done"]]) {
          await elsewhere("add", { localId, customerName: "Version", status })
        }
        const sets = (status, indexes) => ({ Orders: { key: "localId", indexes, filter: `customerName eq 'Version' and status eq '${status}'` } })
        const old = await reopened("versions", { sets: sets("open", []) })
        await old.sync()
        const before = Object.keys(await replica(old)).sort()
        await old.set("Orders").update("v1", { status: "edited" })
        const next = await reopened("versions", { sets: sets("done", ["status"]) })
        faults.push({ method: "POST", when: "before" })
        await next.sync().catch(() => {})
        await next.pull("Orders")
        const between = (await next.set("Orders").query({ filter: "status in ('edited','done')", orderby: "localId" })).value
        await next.sync({ force: true })
        await next.reset("Orders")
        await next.sync()
        return [before, between.map(({ localId }) => localId), Object.keys(await replica(next)).sort(), (await onServer()).v1.status]
    """)
    assert found == [["v1", "v2"], ["v1", "v3"], ["v3"], "edited"]


def test_what_the_filter_of_a_set_does_not_keep_goes_when_it_is_sent(page: Page) -> None:
    found = page.run("""
        const few = device("few", { sets: { Orders: { key: "localId", filter: "status eq 'few'" } } }), orders = few.set("Orders")
        await orders.addAll([
          { localId: "few-1", customerName: "F", status: "few" }, { localId: "few-2", customerName: "F", status: "other" },
        ])
        await few.sync()
        await orders.update("few-1", { status: "other" })
        const before = Object.keys(await replica(few))
        await few.sync()
        return [before, Object.keys(await replica(few)), (await onServer())["few-2"].status]
    """)
    assert found == [["few-1"], [], "other"]


def test_a_pull_that_was_interrupted_goes_on_to_the_present(page: Page) -> None:
    """And not only to where it would have ended."""
    found = page.run("""
        const sets = { Orders: { key: "localId", pageSize: 2, filter: "customerName eq 'Long'" } }
        const slow = device("slow", { sets })
        await slow.sync()
        for (const number of [1, 2, 3, 4, 5]) await elsewhere("add", { localId: `long-${number}`, customerName: "Long", status: "1" })
        const stop = slow.on("progress", ({ done }) => done === 2 && faults.push({ method: "GET", path: "Orders", when: "before" }))
        await slow.sync().catch(() => {})
        stop()
        const before = Object.keys(await replica(slow)).length
        await elsewhere("update", { localId: "long-1", status: "2" })
        await elsewhere("delete", { localId: "long-2" })
        await slow.sync({ force: true })
        return [before, Object.values(await replica(slow)).map(({ localId, status }) => localId + status)]
    """)
    assert found == [4, ["long-12", "long-31", "long-41", "long-51"]]


def test_the_server_says_when_there_is_news(page: Page) -> None:
    """Long before the device would look for it."""
    shown = page.run("""
        const sets = { Orders: { key: "localId", watch: true } }
        const phone = device("watching", { sets, interval: 3_600_000 })
        await phone.start()
        const seen = new Promise((go) => phone.set("Orders").live({ filter: "localId eq 'news'" }, ({ value }) => value[0] && go(value[0])))
        while (!requests.includes("GET $changes")) await new Promise((go) => setTimeout(go, 10))
        await elsewhere("add", { localId: "news", customerName: "N", status: "1" })
        const { customerName } = await seen
        await phone.stop()
        return customerName
    """)
    assert shown == "N"
    page.settled("watching")


def test_who_listens_comes_with_a_new_token(page: Page) -> None:
    """The stream has ended with the old one."""
    found = page.run("""
        const asked = [], sets = { Orders: { key: "localId", watch: true } }
        const token = async ({ refused }) => (asked.push(refused), refused ? "new" : "old")
        const phone = device("expired", { sets, token, interval: 3_600_000 })
        await phone.sync()
        const before = [asked.includes(true), requests.filter((each) => each === "GET $changes").length]
        faults.push({ method: "GET", path: "$changes", answer: { status: 401, body: "{}" } })
        await phone.start()
        while (requests.filter((each) => each === "GET $changes").length < before[1] + 2) await new Promise((go) => setTimeout(go, 10))
        await phone.stop()
        return [before[0], asked.filter(Boolean)]
    """)
    assert found == [False, [True]]


def test_a_strict_content_security_policy(page: Page) -> None:
    from playwright.sync_api import expect

    page.browser.open(f"{page.root}/strict")
    expect(page.browser.page).to_have_title("1 sent, 1 found")
    assert page.browser.errors() == []


def test_a_flipped_row_is_found_and_fetched_and_no_other(page: Page) -> None:
    """So is one that is gone here, one that is not what the server has, and one that the server does not have any more."""
    name = "verified"
    first, found, asked, again = page.run(
        """
        const phone = device(args[0], { sets: { Orders: { key: "localId", filter: "customerName eq 'Verified'" } } })
        for (const localId of ["v-flipped", "v-gone", "v-behind", "v-purged", "v-edited", "v-well"]) {
          await elsewhere("add", { localId, customerName: "Verified", status: "1" })
        }
        await phone.sync()
        const first = await phone.verify("Orders")
        await phone.set("Orders").update("v-edited", { status: "2" })
        const open = indexedDB.open(args[0])
        const database = await new Promise((go) => (open.onsuccess = () => go(open.result)))
        const flipped = { ...(await phone.set("Orders").get("v-flipped")), status: "3" }
        const rows = database.transaction("Orders", "readwrite").objectStore("Orders")
        rows.put(flipped)
        rows.delete("v-gone")
        await new Promise((go) => (rows.transaction.oncomplete = go))
        database.close()
        await elsewhere("update", { localId: "v-behind", status: "2" })
        await elsewhere("delete", { localId: "v-purged" })
        await realFetch("/purge", { method: "POST" })
        requests.length = 0
        const found = await phone.verify("Orders")
        return [first, found, requests.length, await phone.verify("Orders")]
        """,
        name,
    )
    assert first["isClean"] and first["rows"] == 6
    keys = {side: [key for (key,) in found[side]] for side in ("flipped", "outdated", "surplus")}
    assert keys == {"flipped": ["v-flipped", "v-gone"], "outdated": ["v-behind"], "surplus": ["v-purged"]}
    assert (asked, again["isClean"], again["rows"]) == (2, True, 5)  # the versions, and the four records at once


def test_two_devices_with_the_same_have_the_same_checksum(page: Page) -> None:
    phone, laptop, later = page.run("""
        const phone = device("sum-1"), laptop = device("sum-2")
        await phone.sync(), await laptop.sync()
        const both = [await phone.verify("Orders"), await laptop.verify("Orders")]
        await elsewhere("update", { localId: "order-brian", status: "sum" })
        return [...both, await laptop.verify("Orders")]
    """)
    assert phone["checksum"] == laptop["checksum"] != later["checksum"]
    assert later["outdated"] == [["order-brian"]]


def test_push_and_pull_each_for_itself(page: Page) -> None:
    pushed, pushes, kept, pulled, found = page.run("""
        const phone = device("apart"), orders = phone.set("Orders")
        await orders.add({ localId: "apart", customerName: "A", status: "1" })
        const pushed = await phone.push(), pushes = [...requests]
        await elsewhere("update", { localId: "apart", status: "2" })
        const kept = (await orders.get("apart")).status
        const pulled = await phone.pull("Orders")
        return [pushed, pushes, kept, pulled.written > 0, (await orders.get("apart")).status]
    """)
    assert (pushed, pushes) == ({"pushed": 1, "conflicts": 0, "rejected": 0}, ["GET ", "POST "])
    assert (kept, pulled, found) == ("1", True, "2")


def test_a_reset_in_the_middle_of_a_pull(page: Page) -> None:
    """Pages that were asked for before do not pass for those from the beginning."""
    found = page.run("""
        const sets = { Orders: { key: "localId", pageSize: 2, filter: "customerName eq 'Reset'" } }
        const phone = device("reset", { sets }), keys = ["r1", "r2", "r3", "r4", "r5"]
        for (const localId of keys) await elsewhere("add", { localId, customerName: "Reset", status: "1" })
        let go
        const stop = phone.on("progress", () => {
          stop()
          faults.push({ method: "GET", path: "Orders", hold: new Promise((done) => (go = done)) })
        })
        const going = phone.pull("Orders")
        while (go === undefined || faults.length) await new Promise((done) => setTimeout(done, 5))
        await phone.reset("Orders")
        go()
        await going
        return Object.keys(await replica(phone)).sort()
    """)
    assert found == ["r1", "r2", "r3", "r4", "r5"]


def test_a_push_that_takes_too_long_comes_in_smaller_pieces(page: Page) -> None:
    sizes = page.run("""
        const phone = device("long"), sizes = []
        await phone.set("Orders").addAll(Array.from({ length: 30 }, (_, number) => ({ localId: `long-${number}`, customerName: "L", status: "1" })))
        const { fetch } = globalThis
        globalThis.fetch = async (url, request) => {
          const count = request.body ? JSON.parse(request.body).operations.length : 0
          if (count) sizes.push(count)
          return count > 10 ? new Response("{}", { status: 503, headers: { "Retry-After": "5" } }) : fetch(url, request)
        }
        for (let push = 0; push < 3; push++) await phone.push({ force: true }).catch(() => {})
        return sizes
    """)
    assert sizes == [30, 15, 8, 8, 8, 6]
    page.settled("long")
