// The People service changed by WCF's own client. Every public method is a step, with a fresh database of the dozen people.

using System;
using System.Data.Services.Client;
using System.Linq;
using PeopleModel;

public class PeopleChanges
{
    static readonly Guid Ada = new Guid("0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001");
    static readonly Guid Brian = new Guid("1b7e5a52-90c4-4f0e-8a6b-2f4c7d9e1002");
    readonly Uri root;
    readonly MyPeopleEntities context;

    public PeopleChanges(Uri root)
    {
        this.root = root;
        context = new MyPeopleEntities(root);
    }

    public void Insert()
    {
        var mary = Person("Mary Müller <&> \"Söhne\" 'x' ☃ 😀");
        context.AddObject("People", mary);
        Expect.All(context.SaveChanges().Select(each => each.StatusCode), 201);
        Expect.True(mary.LastUpdated > new DateTime(2020, 1, 1), "the service's stamp did not come back");
        Expect.Same(new Uri(root + "People(guid'" + mary.PersonId + "')").ToString(), context.Entities.Single().Identity);
        Expect.Same("Mary Müller <&> \"Söhne\" 'x' ☃ 😀", Again(mary.PersonId).Name);
    }

    public void BlanksAndLineEnds()
    {
        foreach (var name in new[] { " x ", "a\r\nb\tc\n", "  ", "a\u00a0\u2028b" })
        {
            var person = Person(name);
            context.AddObject("People", person);
            context.SaveChanges();
            Expect.Same(name, Again(person.PersonId).Name);
        }
    }

    public void Merge()
    {
        var ada = One(Ada);
        ada.Name = "Augusta Ada King";
        context.UpdateObject(ada);
        Expect.All(context.SaveChanges().Select(each => each.StatusCode), 204);
        Expect.Same("Augusta Ada King", Again(Ada).Name);
        Expect.True(Again(Ada).LastUpdated > ada.LastUpdated, "no new stamp");
    }

    public void Replace()
    {
        var address = context.Addresses.Where(each => each.PersonId == Ada && each.AddressTypeId == 1).Single();
        address.StreetAddress = "5 Ockham Park";
        address.AddressTypeId = null;
        context.UpdateObject(address);
        Expect.All(context.SaveChanges(SaveChangesOptions.ReplaceOnUpdate).Select(each => each.StatusCode), 204);
        var again = new MyPeopleEntities(root).Addresses.Where(each => each.AddressId == address.AddressId).Single();
        Expect.Same("5 Ockham Park", again.StreetAddress);
        Expect.Same(null, again.AddressTypeId);
    }

    public void Tunnelled()
    {
        context.UsePostTunneling = true;
        var ada = One(Ada);
        ada.Name = "Through a POST";
        context.UpdateObject(ada);
        context.SaveChanges();
        Expect.Same("Through a POST", Again(Ada).Name);
        context.UpdateObject(ada);
        context.SaveChanges(SaveChangesOptions.ReplaceOnUpdate);
        context.DeleteObject(ada);
        Expect.All(context.SaveChanges().Select(each => each.StatusCode), 204);
        Expect.Same(true, Again(Ada).IsDeleted);
    }

    public void Delete()
    {
        var kind = new AddressType { AddressTypeId = 9, Name = "Holiday" };
        context.AddObject("AddressTypes", kind);
        context.SaveChanges();
        context.DeleteObject(kind);
        context.SaveChanges();
        Expect.Same(3, context.AddressTypes.Count());
    }

    /// <summary>What the article is about: a copy that is kept in step by LastUpdated and IsDeleted.</summary>
    public void KeepingACopy()
    {
        var copy = context.People.ToList().ToDictionary(each => each.PersonId);
        var newest = copy.Values.Max(each => each.LastUpdated);
        Expect.Same(0, context.People.Where(each => each.LastUpdated > newest).ToList().Count);

        var other = new MyPeopleEntities(root);
        var ada = other.People.Where(each => each.PersonId == Ada).Single();
        ada.Name = "Augusta Ada King";
        other.UpdateObject(ada);
        other.DeleteObject(other.People.Where(each => each.PersonId == Brian).Single());
        other.AddObject("People", Person("New"));
        other.SaveChanges();

        context.MergeOption = MergeOption.OverwriteChanges;
        var changes = context.People.Where(each => each.LastUpdated > newest).OrderBy(each => each.LastUpdated).ToList();
        Expect.All(changes.Select(each => each.Name + " " + each.IsDeleted).OrderBy(each => each, StringComparer.Ordinal),
            "Augusta Ada King False", "Brian O'Neil True", "New False");
        newest = changes.Max(each => each.LastUpdated);
        Expect.Same(0, context.People.Where(each => each.LastUpdated > newest).ToList().Count);
    }

    public void RelatedInsert()
    {
        var ada = One(Ada);
        context.AddRelatedObject(ada, "Addresses", Address("1 Mill Lane"));
        Expect.All(context.SaveChanges().Select(each => each.StatusCode), 201);
        var streets = context.People.Where(each => each.PersonId == Ada).SelectMany(each => each.Addresses).ToList();
        Expect.True(streets.Any(each => each.StreetAddress == "1 Mill Lane" && each.PersonId == Ada), "it is not there");
    }

    public void InsertWithLinks()
    {
        var address = Address("2 Mill Lane");
        context.AddObject("Addresses", address);
        context.SetLink(address, "Person", One(Ada));
        context.SetLink(address, "AddressType", context.AddressTypes.Where(each => each.AddressTypeId == 3).Single());
        context.SaveChanges();
        var again = new MyPeopleEntities(root).Addresses.Expand("Person,AddressType").Where(each => each.AddressId == address.AddressId).Single();
        Expect.Same("Ada Lovelace", again.Person.Name);
        Expect.Same("Billing", again.AddressType.Name);
    }

    public void Links()
    {
        var address = context.Addresses.Where(each => each.PersonId == Ada && each.AddressTypeId == 1).Single();
        context.SetLink(address, "Person", One(Brian));
        Expect.All(context.SaveChanges().Select(each => each.StatusCode), 204);
        Expect.Same(Brian, PersonOf(address));
        context.AddLink(One(Ada), "Addresses", address);
        context.SaveChanges();
        Expect.Same(Ada, PersonOf(address));
        context.SetLink(address, "AddressType", null);
        Expect.All(context.SaveChanges().Select(each => each.StatusCode), 204);
        Expect.Same(1, new MyPeopleEntities(root).Addresses.Where(each => each.AddressId == address.AddressId && each.AddressType == null).Count());
        var work = context.AddressTypes.Expand("Addresses").Where(each => each.AddressTypeId == 2).Single();
        context.DeleteLink(work, "Addresses", work.Addresses[0]);
        Expect.All(context.SaveChanges().Select(each => each.StatusCode), 204);
        Expect.Same(work.Addresses.Count - 1, new MyPeopleEntities(root).AddressTypes.Where(each => each.AddressTypeId == 2).SelectMany(each => each.Addresses).Count());
    }

    public void BatchOfChanges()
    {
        var kind = new AddressType { AddressTypeId = 9, Name = "Holiday" };
        var mary = Person("Mary");
        var address = Address("3 Mill Lane");
        context.AddObject("AddressTypes", kind);
        context.AddObject("People", mary);
        context.AddRelatedObject(mary, "Addresses", address);
        context.SetLink(address, "AddressType", kind);
        var ada = One(Ada);
        ada.Name = "In a batch";
        context.UpdateObject(ada);
        context.DeleteObject(One(Brian));
        var response = context.SaveChanges(SaveChangesOptions.Batch);
        Expect.Same(true, response.IsBatchResponse);
        Expect.Same(202, response.BatchStatusCode);
        Expect.All(response.Select(each => each.StatusCode).OrderBy(each => each), 201, 201, 201, 204, 204, 204);
        var again = new MyPeopleEntities(root).Addresses.Expand("Person,AddressType").Where(each => each.AddressId == address.AddressId).Single();
        Expect.Same("Mary, Holiday", again.Person.Name + ", " + again.AddressType.Name);
        Expect.Same("In a batch", Again(Ada).Name);
        Expect.Same(true, Again(Brian).IsDeleted);
        mary.Name = "Mary again";
        context.UpdateObject(mary);
        context.SaveChanges(SaveChangesOptions.Batch | SaveChangesOptions.ReplaceOnUpdate);
        Expect.Same("Mary again", Again(mary.PersonId).Name);
    }

    public void BatchOfWhichOneFails()
    {
        context.AddObject("AddressTypes", new AddressType { AddressTypeId = 9, Name = "Holiday" });
        context.AddObject("AddressTypes", new AddressType { AddressTypeId = 1, Name = "there already" });
        var error = Expect.Fails<DataServiceRequestException>(() => context.SaveChanges(SaveChangesOptions.Batch));
        Expect.Same(true, error.Response.IsBatchResponse);
        Expect.Same(409, ((DataServiceClientException)error.InnerException).StatusCode);
        Expect.True(error.InnerException.Message.Contains("exists already"), error.InnerException.Message);
        Expect.Same(3, context.AddressTypes.Count());
    }

    public void OneAfterAnotherOfWhichOneFails()
    {
        context.AddObject("AddressTypes", new AddressType { AddressTypeId = 1, Name = "there already" });
        context.AddObject("AddressTypes", new AddressType { AddressTypeId = 9, Name = "Holiday" });
        var error = Expect.Fails<DataServiceRequestException>(() => context.SaveChanges(SaveChangesOptions.ContinueOnError));
        Expect.All(error.Response.Select(each => each.StatusCode), 409, 201);
        Expect.Same(4, context.AddressTypes.Count());
    }

    public void Refused()
    {
        context.AddObject("People", Person(new string('x', 101)));
        var error = Expect.Fails<DataServiceRequestException>(() => context.SaveChanges());
        Expect.Same(400, ((DataServiceClientException)error.InnerException).StatusCode);
        Expect.True(error.InnerException.Message.Contains("Name: has 101 characters, and at most 100 fit"), error.InnerException.Message);
    }

    Person One(Guid key)
    {
        return context.People.Where(each => each.PersonId == key).Single();
    }

    /// <summary>As another client sees it.</summary>
    Person Again(Guid key)
    {
        return new MyPeopleEntities(root).People.Where(each => each.PersonId == key).Single();
    }

    Guid PersonOf(Address address)
    {
        return new MyPeopleEntities(root).Addresses.Where(each => each.AddressId == address.AddressId).Single().PersonId;
    }

    static Person Person(string name)
    {
        return new Person { PersonId = Guid.NewGuid(), Name = name };
    }

    static Address Address(string street)
    {
        return new Address { AddressId = Guid.NewGuid(), StreetAddress = street };
    }
}
