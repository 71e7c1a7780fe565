// The People service asked in LINQ. Every public method is a step, with a fresh database of the dozen people.

using System;
using System.Collections.Generic;
using System.Data.Services.Client;
using System.Linq;
using PeopleModel;

public class PeopleReads
{
    static readonly Guid Ada = new Guid("0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001");
    readonly Uri root;
    readonly MyPeopleEntities context;

    public PeopleReads(Uri root)
    {
        this.root = root;
        context = new MyPeopleEntities(root);
    }

    public void Everything()
    {
        var people = context.People.ToList();
        Expect.Same(12, people.Count);
        var ada = people.Single(person => person.PersonId == Ada);
        Expect.Same("Ada Lovelace", ada.Name);
        Expect.Same(false, ada.IsDeleted);
        Expect.True(ada.LastUpdated > new DateTime(2020, 1, 1), "LastUpdated is " + ada.LastUpdated);
        Expect.Same("Chloé Lefèvre, Dmitri Волков, Haruto 山田", string.Join(", ", people.Select(each => each.Name)
            .Where(name => name.StartsWith("C") || name.StartsWith("D") || name.StartsWith("H")).OrderBy(name => name, StringComparer.Ordinal)));
    }

    public void Where()
    {
        Asked("$filter=Name eq 'Brian O''Neil'", context.People.Where(each => each.Name == "Brian O'Neil"), "Brian O'Neil");
        Asked("$filter=startswith(Name,'K')", context.People.Where(each => each.Name.StartsWith("K")), "Karen Jensen");
        Asked("$filter=substringof('å',Name)", context.People.Where(each => each.Name.Contains("å")), "Lars Østergård");
        Asked("$filter=endswith(tolower(Name),'watson')", context.People.Where(each => each.Name.ToLower().EndsWith("watson")), "Emily Watson");
        Asked("$filter=length(trim(Name)) eq 10", context.People.Where(each => each.Name.Trim().Length == 10), "John Smith");
        Asked("$filter=(indexof(Name,'ill') gt 0) or (substring(Name,0,3) eq 'Ada')",
            context.People.Where(each => each.Name.IndexOf("ill") > 0 || each.Name.Substring(0, 3) == "Ada"), "Ada Lovelace");
        Asked("$filter=replace(Name,' ','') eq 'JohnSmith'", context.People.Where(each => each.Name.Replace(" ", "") == "JohnSmith"), "John Smith");
        Asked("$filter=concat(Name,'!') eq 'John Smith!'", context.People.Where(each => each.Name + "!" == "John Smith!"), "John Smith");
        Asked("$filter=(not startswith(Name,'A')) and (Name lt 'C')",
            context.People.Where(each => !each.Name.StartsWith("A") && each.Name.CompareTo("C") < 0), "Brian O'Neil");
    }

    public void WhereOfOtherTypes()
    {
        Expect.Same(0, context.People.Where(each => each.IsDeleted).ToList().Count);
        Expect.Same(12, context.People.Where(each => each.LastUpdated > new DateTime(2020, 1, 2, 3, 4, 5, 678)).ToList().Count);
        Expect.Same(12, context.People.Where(each => each.LastUpdated.Year >= 2024 && each.LastUpdated.Month <= 12).ToList().Count);
        Expect.Same(1, context.Addresses.Where(each => each.AddressTypeId == null).ToList().Count);
        Expect.Same(2, context.Addresses.Where(each => each.PersonId == Ada).ToList().Count);
        Expect.Same(2, context.AddressTypes.Where(each => each.AddressTypeId * 2 - 1 >= 3).ToList().Count);
    }

    public void WhereOfWhatIsRelated()
    {
        Expect.All(context.Addresses.Where(each => each.AddressType.Name == "Billing" && each.Person.Name.StartsWith("J"))
            .Select(each => new { each.StreetAddress }).ToList().Select(each => each.StreetAddress), "7 High Street, Oxford");
        Expect.All(context.Addresses.Where(each => each.AddressType == null).ToList().Select(each => each.StreetAddress), "c/o Lab_42, Århus");
    }

    public void OneByItsKey()
    {
        Expect.Same("Ada Lovelace", context.People.Where(each => each.PersonId == Ada).Single().Name);
        Expect.Same(root + "People(guid'" + Ada + "')", context.People.Where(each => each.PersonId == Ada).ToString());
        Expect.Same("Work", context.AddressTypes.Where(each => each.AddressTypeId == 2).First().Name);
    }

    public void OneThatThereIsNot()
    {
        Expect.Same(null, context.People.Where(each => each.Name == "Nobody").FirstOrDefault());
        var missing = context.People.Where(each => each.PersonId == Guid.Empty);
        var error = Expect.Fails<DataServiceQueryException>(() => missing.Single());
        Expect.Same(404, error.Response.StatusCode);
        Expect.True(error.InnerException.Message.Contains("there is no such entity in People"), error.InnerException.Message);
        context.IgnoreResourceNotFoundException = true;
        Expect.Same(0, missing.ToList().Count);
    }

    public void OrderSkipTake()
    {
        var query = context.People.OrderByDescending(each => each.IsDeleted).ThenBy(each => each.Name).Skip(1).Take(2);
        Asked("$orderby=IsDeleted desc,Name&$skip=1&$top=2", query, "Brian O'Neil", "Chloé Lefèvre");
        Expect.All(context.Addresses.OrderBy(each => each.Person.Name).ThenByDescending(each => each.StreetAddress).Take(2).ToList()
            .Select(each => each.StreetAddress), "12 St James's Square, London", "1 Dorset Street, London");
    }

    public void Projection()
    {
        var query = context.People.Where(each => each.PersonId == Ada).Select(each => new { each.Name, Key = each.PersonId });
        var ada = query.Single();
        Expect.Same("Ada Lovelace", ada.Name);
        Expect.Same(Ada, ada.Key);
        Expect.True(query.ToString().EndsWith("?$select=Name,PersonId"), query.ToString());
    }

    public void ProjectionOfWhatIsRelated()
    {
        var streets = context.People.Where(each => each.PersonId == Ada)
            .Select(each => new { each.Name, Streets = each.Addresses.Select(one => new { one.StreetAddress, Kind = one.AddressType.Name }) })
            .Single();
        Expect.All(streets.Streets.OrderBy(each => each.Kind).Select(each => each.Kind + ": " + each.StreetAddress),
            "Home: 12 St James's Square, London", "Work: 1 Dorset Street, London");
    }

    public void ProjectionOntoEntitiesThatCanBeChanged()
    {
        var ada = context.People.Where(each => each.PersonId == Ada).Select(each => new Person { PersonId = each.PersonId, Name = each.Name }).Single();
        ada.Name = "Augusta Ada King";
        context.UpdateObject(ada);
        context.SaveChanges();
        Expect.Same("Augusta Ada King", new MyPeopleEntities(root).People.Where(each => each.PersonId == Ada).Single().Name);
    }

    public void Expand()
    {
        var ada = context.People.Expand("Addresses/AddressType,PhoneNumbers").Where(each => each.PersonId == Ada).Single();
        Expect.All(ada.Addresses.OrderBy(each => each.AddressTypeId).Select(each => each.AddressType.Name + ": " + each.StreetAddress),
            "Home: 12 St James's Square, London", "Work: 1 Dorset Street, London");
        Expect.All(ada.PhoneNumbers.Select(each => each.Number), "+44 20 7946 0101");
        Expect.True(ReferenceEquals(ada, context.People.ToList().Single(each => each.PersonId == Ada)), "one entity is two objects");
    }

    public void ExpandOfNothing()
    {
        Expect.Same(0, context.People.Expand("Addresses").Where(each => each.Name == "Karen Jensen").Single().Addresses.Count);
        var lab = context.Addresses.Expand("AddressType,Person").Where(each => each.AddressTypeId == null).Single();
        Expect.Same(null, lab.AddressType);
        Expect.Same("Lars Østergård", lab.Person.Name);
    }

    public void LoadProperty()
    {
        var ada = context.People.Where(each => each.PersonId == Ada).Single();
        context.LoadProperty(ada, "Addresses");
        Expect.Same(2, ada.Addresses.Count);
        context.LoadProperty(ada.Addresses[0], "AddressType");
        Expect.True(ada.Addresses[0].AddressType != null, "no AddressType");
        ada.Name = "changed here only";
        context.LoadProperty(ada, "Name");
        Expect.Same("Ada Lovelace", ada.Name);
        context.LoadProperty(context.Addresses.Where(each => each.AddressTypeId == null).Single(), "AddressType");
    }

    public void Along()
    {
        Expect.All(context.People.Where(each => each.PersonId == Ada).SelectMany(each => each.Addresses)
            .Where(each => each.AddressTypeId == 1).ToList().Select(each => each.StreetAddress), "12 St James's Square, London");
        Expect.All(context.AddressTypes.Where(each => each.AddressTypeId == 3).SelectMany(each => each.Addresses)
            .OrderBy(each => each.StreetAddress).Select(each => new { each.StreetAddress }).ToList()
            .Select(each => each.StreetAddress), "7 High Street, Oxford", "PO Box 77, Portland");
    }

    public void Counts()
    {
        Expect.Same(12, context.People.Count());
        Expect.Same(3L, context.AddressTypes.LongCount());
        Expect.Same(2, context.Addresses.Where(each => each.PersonId == Ada).Count());
        var page = (QueryOperationResponse<Person>)context.People.IncludeTotalCount().Where(each => each.Name.CompareTo("K") > 0).Take(1).Execute2();
        Expect.Same(2L, page.TotalCount);
        Expect.Same(1, page.ToList().Count);
    }

    /// <summary>Five people on a page, one address.</summary>
    public void Pages()
    {
        var sizes = new List<int>();
        var names = new List<string>();
        var response = (QueryOperationResponse<Person>)context.People.OrderBy(each => each.Name).Execute2();
        for (DataServiceQueryContinuation<Person> next = null; sizes.Count == 0 || next != null;)
        {
            if (next != null) response = context.Execute(next);
            var page = response.ToList();
            names.AddRange(page.Select(each => each.Name));
            sizes.Add(page.Count);
            next = response.GetContinuation();
        }
        Expect.All(sizes, 5, 5, 2);
        Expect.Same(12, names.Distinct().Count());
        Expect.True(names.SequenceEqual(names.OrderBy(each => each, StringComparer.Ordinal)), string.Join(", ", names));
    }

    public void PagesInside()
    {
        var response = (QueryOperationResponse<Person>)context.People.Expand("Addresses").Where(each => each.Name == "Emily Watson").Execute2();
        Person emily = null;
        foreach (var each in response)
        {
            emily = each;
            Expect.Same(1, emily.Addresses.Count);
            for (var next = response.GetContinuation(emily.Addresses); next != null;)
                next = context.LoadProperty(emily, "Addresses", next).GetContinuation();
        }
        Expect.All(emily.Addresses.Select(each => each.StreetAddress).OrderBy(each => each, StringComparer.Ordinal),
            "140 Elm Avenue, Portland", "500 Harbor Way, Portland", "PO Box 77, Portland");
    }

    public void PagesOfACollection()
    {
        var people = new DataServiceCollection<Person>(context.People.OrderBy(each => each.Name), TrackingMode.None);
        while (people.Continuation != null) people.Load(context.Execute(people.Continuation));
        Expect.Same(12, people.Count);
    }

    public void Batch()
    {
        var people = context.People.Where(each => each.Name.StartsWith("K"));
        var nobody = context.People.Where(each => each.PersonId == Guid.Empty);
        var kinds = context.AddressTypes.OrderBy(each => each.Name);
        var found = new List<string>();
        foreach (QueryOperationResponse each in context.ExecuteBatch((DataServiceRequest)people, (DataServiceRequest)nobody, (DataServiceRequest)kinds))
            found.Add(each.StatusCode + " " + (each.Error == null ? string.Join(",", each.Cast<object>().Select(Name)) : "refused"));
        Expect.All(found, "200 Karen Jensen", "404 refused", "200 Billing,Home,Work");
    }

    public void AddressesOfAllKinds()
    {
        Expect.Same(1, context.Execute<Person>(new Uri("People?$filter=Name%20eq%20'John%20Smith'", UriKind.Relative)).Count());
        Expect.Same(2, context.Execute<Address>(new Uri(root + "People(guid'" + Ada + "')/Addresses")).Count());
        Expect.All(context.Execute<string>(new Uri("AddressTypes(1)/Name", UriKind.Relative)), "Home");
        Expect.All(context.Execute<int>(new Uri("AddressTypes(2)/AddressTypeId", UriKind.Relative)), 2);
        Expect.Same(12, context.People.AddQueryOption("includeDeleted", "false").ToList().Count);
        Expect.Same(3, context.People.AddQueryOption("$top", 3).ToList().Count);
        Expect.Same(root + "$metadata", context.GetMetadataUri().ToString());
    }

    public void Mistakes()
    {
        var error = Expect.Fails<DataServiceQueryException>(() => context.People.AddQueryOption("$filter", "Nmae eq 'x'").ToList());
        Expect.Same(400, error.Response.StatusCode);
        Expect.True(error.InnerException.Message.Contains("did you mean 'Name'?"), error.InnerException.Message);
        Expect.Same(404, Expect.Fails<DataServiceQueryException>(() => context.CreateQuery<Person>("Poeple").ToList()).Response.StatusCode);
        Expect.Fails<DataServiceQueryException>(() => context.CreateQuery<Person>("Poeple").Count());
    }

    static string Name(object entity)
    {
        var person = entity as Person;
        return person == null ? ((AddressType)entity).Name : person.Name;
    }

    /// <summary>What a query asks, and the people it finds.</summary>
    void Asked(string options, IQueryable<Person> query, params string[] names)
    {
        Expect.Same(root + "People()?" + options, Uri.UnescapeDataString(query.ToString()), "the query");
        Expect.All(query.ToList().Select(each => each.Name), names);
    }
}

static class Queries
{
    /// <summary>A query with the client's own view of its response: count, continuation, status.</summary>
    public static System.Collections.IEnumerable Execute2<T>(this IQueryable<T> query)
    {
        return ((DataServiceQuery<T>)query).Execute();
    }
}
