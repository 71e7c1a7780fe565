"""What a program does with the People service, in both versions, in process and over HTTP."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from odata_service.client import Expand, ODataClient
from odata_service.client.online import (
    BadRequest, Deleted, Entity, Gone, NotFound, NotLoaded, NotPossible, ServiceError, UnknownName,
)  # fmt: skip
from odata_service.client.online.exchange import Call
from odata_service.sample import sample_named

ADA = uuid.UUID("0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001")
EMILY = uuid.UUID("4e6f8b2d-71a3-4d05-a94e-c3d7f1b84005")
FIRST = [row["PersonId"] for row in sample_named("people").first_rows()["Person"]]
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


def names(found) -> list[str]:
    return [person.Name for person in found]


class TestReading:
    def test_every_page_of_a_set(self, people):
        """Twelve, and whoever other tests have made: five to a page."""
        everybody = people.People.order_by("Name").all()
        assert len(everybody) == people.People.count() > 10
        assert [len(page) for page in people.People.pages()][:2] == [5, 5]
        assert len({person.PersonId for person in everybody}) == len(everybody)

    def test_conditions_order_and_related_entities(self, people):
        persons = people.People
        found = (
            persons.where(persons.Name.startswith("E") & (persons.LastUpdated > YESTERDAY))
            .expand("Addresses/AddressType", "PhoneNumbers")
            .order_by(persons.Name.desc())
        )
        (emily,) = found
        assert emily.Name == "Emily Watson"
        assert sorted(address.AddressType.Name for address in emily.Addresses) == ["Billing", "Home", "Work"]
        assert [phone.Number for phone in emily.PhoneNumbers] == ["+1 503 555 0139"]

    @pytest.mark.parametrize(
        "condition, expected",
        [
            (lambda p: p.Name == "Brian O'Neil", ["Brian O'Neil"]),
            (lambda p: p.Name.in_(["Ada Lovelace", "Brian O'Neil"]), ["Ada Lovelace", "Brian O'Neil"]),
            (lambda p: p.Name.in_([]), []),
            (lambda p: p.Name.contains("Ø") | p.Name.endswith("山田"), ["Haruto 山田", "Lars Østergård"]),
            (lambda p: ~(p.Name > "B") & (p.Name.length() == 12), ["Ada Lovelace"]),
            (lambda p: p.Name.lower().substring(0, 3) == "ada", ["Ada Lovelace"]),
            (lambda p: (p.Name.indexof("O'") + 1) * 2 == 14, ["Brian O'Neil"]),
            (lambda p: p.PersonId == str(EMILY), ["Emily Watson"]),
            (lambda p: (p.LastUpdated.year() < 2020) & (p.Name != None), []),  # noqa: E711
            (lambda p: "Name eq 'Ada Lovelace' or Name eq 'x'", ["Ada Lovelace"]),
        ],
    )
    def test_conditions(self, people, condition, expected):
        persons = people.People
        assert sorted(names(persons.where(persons.PersonId.in_(FIRST)).where(condition(persons)))) == expected

    def test_a_condition_on_a_related_entity(self, people):
        addresses = people.Addresses
        found = addresses.where(addresses.Person.Name == "Emily Watson", addresses.AddressType.Name == "Work")
        assert [address.StreetAddress for address in found] == ["500 Harbor Way, Portland"]

    def test_an_entity_by_its_key(self, people):
        ada = people.People[ADA]
        assert (ada.PersonId, ada.Name, ada.IsDeleted) == (ADA, "Ada Lovelace", False)
        assert ada.LastUpdated > YESTERDAY
        assert dict(ada)["Name"] == ada["Name"]

    def test_what_did_not_come_along_is_fetched_when_somebody_looks(self, people):
        ada = people.People[ADA]
        assert len(ada.Addresses) == 2
        assert ada.Addresses[0].Person.Name == "Ada Lovelace"
        assert ada.Addresses.where("startswith(StreetAddress,'12')").one().AddressType.Name == "Home"
        assert people.People.at(ADA).PhoneNumbers.count() == 1
        first = ada.Addresses[0]
        assert ada.Addresses[first.AddressId].StreetAddress == first.StreetAddress
        assert ada.Addresses.get(uuid.UUID(int=0)) is None
        assert ada.Addresses.url.endswith("/Addresses")

    def test_many_related_entities_come_in_pages(self, people):
        person = people.People.create(Name="Many", PhoneNumbers=[{"Number": str(n)} for n in range(12)])
        read = people.People.expand("PhoneNumbers")[person.PersonId]
        assert sorted(int(phone.Number) for phone in read.PhoneNumbers) == list(range(12))

    def test_no_such_entity(self, people):
        with pytest.raises(NotFound) as refused:
            people.People[uuid.UUID(int=0)]
        assert (refused.value.status, refused.value.code) == (404, "ResourceNotFound")
        assert people.People.get(uuid.UUID(int=0)) is None

    def test_less_of_each(self, people):
        ada = people.People.select("Name").where(people.People.PersonId == ADA).one()
        assert dict(ada) == {"PersonId": ADA, "Name": "Ada Lovelace"}  # the key always comes along
        with pytest.raises(NotLoaded, match="LastUpdated of this Person was not read"):
            ada.LastUpdated  # noqa: B018

    def test_a_query_that_is_too_long_for_an_address(self, people_service):
        people = people_service.client("v4", "http")
        many = [f"Nobody {number}" for number in range(400)]
        found = people.People.where(people.People.Name.in_([*many, "Ada Lovelace"])).select("Name")
        assert len(found.url) > 5_000
        assert names(found) == ["Ada Lovelace"]

    def test_select_of_what_is_expanded(self, people):
        ada = people.People.expand("Addresses").select("Name").order_by("Name").first()
        assert ada.Name == "Ada Lovelace"
        assert len(ada._related["Addresses"]._loaded) == 2

    def test_first_one_top_skip(self, people):
        persons = people.People.where(people.People.Name < "C").order_by(people.People.Name)
        assert persons.first().Name == "Ada Lovelace"
        assert names(persons.skip(1).top(1)) == ["Brian O'Neil"]
        assert persons.where("Name eq 'Nobody'").first() is None
        with pytest.raises(LookupError, match="no Person fits"):
            persons.where("Name eq 'Nobody'").one()
        with pytest.raises(LookupError, match="more than one"):
            persons.one()

    def test_an_option_of_the_service(self, people):
        gone = people.People.create(Name="Gone")
        people.delete(gone)
        asked = people.People.where(people.People.PersonId == gone.PersonId).option("includeDeleted", "false")
        assert asked.all() == []

    def test_names(self, people):
        with pytest.raises(AttributeError, match="Person has no property 'Nmae'; did you mean 'Name'"):
            people.People.Nmae  # noqa: B018
        with pytest.raises(UnknownName, match="no entity set 'Poeple'; did you mean 'People'"):
            people.Poeple  # noqa: B018
        with pytest.raises(AttributeError, match="did you mean 'Addresses'"):
            people.People.expand("Adresses")
        with pytest.raises(TypeError, match="combine conditions with &"):
            people.People.where(people.People.Name == "a" and people.People.Name == "b")
        assert {"People", "Addresses"} <= set(dir(people))
        assert {"Name", "Addresses", "where"} <= set(dir(people.People))

    def test_a_refusal_says_where(self, people):
        with pytest.raises(BadRequest, match="did you mean 'Name'") as refused:
            people.People.where("Nmae eq 'Ada'").all()
        assert refused.value.code == "UnknownProperty"


class TestChanging:
    def test_from_making_to_deleting(self, people):
        key = uuid.uuid4()
        mary = people.People.create(PersonId=key, Name="Mary")
        assert (mary.PersonId, mary.Name) == (key, "Mary")
        mary.Name = "Mary Jones"
        people.save(mary)
        assert people.People[key].Name == "Mary Jones"
        people.People.update(key, Name="M. Jones")
        assert people.reload(mary).Name == "M. Jones"
        people.delete(mary)
        assert people.People.where(people.People.PersonId == key).where("IsDeleted eq false").all() == []

    def test_a_person_with_addresses_in_one_request(self, people):
        home = people.AddressTypes[1]
        person = people.People.create(Name="Deep", Addresses=[{"StreetAddress": "1 Mill Lane", "AddressType": home}])
        (address,) = people.People.expand("Addresses/AddressType")[person.PersonId].Addresses
        assert (address.StreetAddress, address.AddressType.Name) == ("1 Mill Lane", "Home")

    def test_an_entity_made_step_by_step(self, people):
        person = people.People.new(Name="Step")
        person.Addresses = [people.types.Address(StreetAddress="2 Mill Lane")]
        assert [each.StreetAddress for each in person.Addresses] == ["2 Mill Lane"]
        with pytest.raises(ValueError, match="not on the server yet"):
            people.reload(person)
        people.save(person)
        assert [each.StreetAddress for each in people.People[person.PersonId].Addresses] == ["2 Mill Lane"]

    def test_related_entities_are_added_moved_and_cut_loose(self, people):
        person = people.People.create(Name="Related")
        address = person.Addresses.create(StreetAddress="3 Mill Lane")
        assert [each.AddressId for each in person.Addresses] == [address.AddressId]
        address.AddressType = people.AddressTypes[2]
        people.save(address)
        assert people.Addresses[address.AddressId].AddressType.Name == "Work"
        people.AddressTypes.at(3).Addresses.add(address)
        assert people.Addresses[address.AddressId].AddressType.Name == "Billing"
        people.AddressTypes.at(3).Addresses.remove(address)
        assert people.Addresses[address.AddressId].AddressType is None
        address = people.Addresses[address.AddressId]
        address.AddressType = people.AddressTypes[1]
        people.save(address)
        address.AddressType = None
        people.save(address)
        assert people.Addresses[address.AddressId].AddressType is None

    def test_nothing_to_save(self, people, monkeypatch):
        ada = people.People[ADA]
        monkeypatch.setattr(people._exchange, "ask", lambda call: pytest.fail(f"asked {call}"))
        ada.Name = "Ada Lovelace"
        people.save(ada)

    def test_a_value_of_another_type_is_refused_at_once(self, people):
        ada = people.People[ADA]
        with pytest.raises(TypeError, match=r"Person.Name: 5 is no value of Edm.String"):
            ada.Name = 5
        with pytest.raises(TypeError, match="5 is no value of Edm.String"):
            people.People.where(people.People.Name == 5).all()
        with pytest.raises(AttributeError, match="did you mean 'Name'"):
            people.People.create(Nmae="x")
        with pytest.raises(AttributeError, match="did you mean 'Name'"):
            ada.Nmae = "x"

    def test_a_refused_change(self, people):
        with pytest.raises(ServiceError) as refused:
            people.People.create(Name="x" * 200)
        assert (refused.value.status, refused.value.code) == (400, "InvalidValue")


class TestBatch:
    def test_all_of_it_in_one_request(self, people, monkeypatch):
        calls = counted(people, monkeypatch)
        with people.batch() as batch:
            person = people.People.create(Name="Batch")
            first = person.Addresses.create(StreetAddress="1")
            second = people.Addresses.create(StreetAddress="2", Person=person)
            people.People.update(person, Name="Batched")
            assert len(batch) == 4
            with pytest.raises(NotLoaded):
                person.PersonId  # noqa: B018
        assert calls == ["POST $batch"]
        assert people.People[person.PersonId].Name == "Batched"
        assert {first.PersonId, second.PersonId} == {person.PersonId}

    def test_one_refused_is_none_made(self, people):
        good = people.People.new(Name="Not to be")
        with pytest.raises(BadRequest) as refused, people.batch():  # noqa: PT012 - the block is the point
            people.save(good)
            people.People.create(Name="x" * 200)
        assert "in" in refused.value.__notes__[0] and "batch" in refused.value.__notes__[0]
        assert people.People.where(people.People.Name == "Not to be").count() == 0
        people.save(good)  # it is as new as before
        assert people.People[good.PersonId].Name == "Not to be"
        people.delete(good)
        people.People.update(good.PersonId, Name="Was not to be")

    def test_where_the_block_raises_nothing_is_sent(self, people, monkeypatch):
        people.People.count()
        monkeypatch.setattr(people._exchange, "ask", lambda call: pytest.fail(f"asked {call}"))
        with pytest.raises(ValueError, match="no Person of mine"), people.batch():  # noqa: PT012 - the block is the point
            people.People.create(Name="Never")
            raise ValueError("no Person of mine")

    def test_an_empty_batch(self, people):
        with people.batch():
            pass


class TestChanges:
    def test_what_has_changed_since(self, people):
        everything = people.People.changes()
        keys = {person.PersonId for person in everything if isinstance(person, Entity)}
        assert ADA in keys
        made, gone = people.People.create(Name="News"), people.People.create(Name="Old")
        middle = people.People.changes(everything.delta_link)
        assert {each.PersonId for each in middle} == {made.PersonId, gone.PersonId}
        people.delete(gone)
        (deleted,) = people.People.changes(middle.delta_link)
        assert isinstance(deleted, Deleted)
        assert deleted.key == gone.PersonId
        assert people.People.at(deleted.key)._where == deleted.address

    def test_with_what_is_expanded(self, people):
        """Whose related entities have changed, comes with all of them."""
        mine = people.People.create(Name="Followed", PhoneNumbers=[{"Number": "1"}])
        followed = people.People.where(people.People.Name == "Followed", people.People.PersonId == mine.PersonId)
        everything = followed.expand("PhoneNumbers").changes()
        assert [len(person.PhoneNumbers) for person in everything] == [1]
        mine.PhoneNumbers.create(Number="2")
        later = followed.changes(everything.delta_link)
        (person,) = later
        assert sorted(phone.Number for phone in person.PhoneNumbers) == ["1", "2"]
        people.delete(mine)
        (deleted,) = people.People.changes(later.delta_link)
        assert deleted.key == mine.PersonId

    def test_a_link_that_is_no_good(self, people):
        everything = people.People.changes()
        list(everything)
        with pytest.raises(Gone):
            list(people.People.changes(everything.delta_link[:-3] + "xyz"))


def test_entities_without_a_key_are_no_new_ones(people_service):
    people = people_service.client("v4")
    (row,) = people._exchange.ask(Call("GET", "People?$select=Name&$top=1")).json["value"]
    person = people._reader.entity({"Name": row["Name"]}, people.People._kind, people.People._resource)
    person.Name = "x"
    with pytest.raises(ValueError, match="its key was not read"):
        people.save(person)
    assert person != people.People.new(Name="x")
    assert len({person, person}) == 1


def test_only_v4_has_words_for_it(people_service):
    v2, v4 = people_service.client("v2"), people_service.client("v4")
    persons = v4.People
    some = persons.where(persons.Addresses.any(lambda address: address.AddressType.Name == "Billing"))
    assert names(some.where(persons.Name < "G")) == ["Emily Watson"]
    assert persons.where(persons.Addresses.count() == 0, persons.Name == "Karen Jensen").count() == 1
    emily = persons.expand(
        Expand("Addresses").where("AddressTypeId ge 2").order_by("AddressTypeId").select("StreetAddress")
    )[EMILY]
    assert [address.StreetAddress for address in emily.Addresses] == ["500 Harbor Way, Portland", "PO Box 77, Portland"]
    assert names(persons.search("Emily")) == ["Emily Watson"]
    for impossible in (
        lambda: v2.People.where(v2.People.Addresses.any()),
        lambda: v2.People.search("Emily"),
        lambda: v2.People.expand(Expand("Addresses").top(1)),
        lambda: v2.People.where(v2.People.Name.matches("x")),
    ):
        with pytest.raises(NotPossible):
            impossible().all()


def counted(people: ODataClient, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked from now on."""
    people.People.count()
    calls: list[str] = []
    ask = people._exchange.ask

    def asking(call):
        calls.append(f"{call.method} {call.address}")
        return ask(call)

    monkeypatch.setattr(people._exchange, "ask", asking)
    return calls
