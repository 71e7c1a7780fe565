// What DataSvcUtil makes of the $metadata of the People sample, without its change notifications.

using System;
using System.Collections.ObjectModel;
using System.Data.Services.Client;
using System.Data.Services.Common;

namespace PeopleModel
{
    [DataServiceKey("PersonId"), EntitySet("People")]
    public class Person
    {
        public Person()
        {
            Addresses = new Collection<Address>();
            PhoneNumbers = new Collection<PhoneNumber>();
        }

        public Guid PersonId { get; set; }
        public string Name { get; set; }
        public DateTime LastUpdated { get; set; }
        public bool IsDeleted { get; set; }
        public Collection<Address> Addresses { get; set; }
        public Collection<PhoneNumber> PhoneNumbers { get; set; }
    }

    [DataServiceKey("AddressId"), EntitySet("Addresses")]
    public class Address
    {
        public Guid AddressId { get; set; }
        public Guid PersonId { get; set; }
        public string StreetAddress { get; set; }
        public int? AddressTypeId { get; set; }
        public DateTime LastUpdated { get; set; }
        public bool IsDeleted { get; set; }
        public Person Person { get; set; }
        public AddressType AddressType { get; set; }
    }

    [DataServiceKey("AddressTypeId"), EntitySet("AddressTypes")]
    public class AddressType
    {
        public AddressType()
        {
            Addresses = new Collection<Address>();
        }

        public int AddressTypeId { get; set; }
        public string Name { get; set; }
        public Collection<Address> Addresses { get; set; }
    }

    [DataServiceKey("PhoneNumberId"), EntitySet("PhoneNumbers")]
    public class PhoneNumber
    {
        public Guid PhoneNumberId { get; set; }
        public Guid PersonId { get; set; }
        public string Number { get; set; }
        public DateTime LastUpdated { get; set; }
        public bool IsDeleted { get; set; }
        public Person Person { get; set; }
    }

    public class MyPeopleEntities : DataServiceContext
    {
        public MyPeopleEntities(Uri root) : base(root) { }

        public DataServiceQuery<Person> People { get { return CreateQuery<Person>("People"); } }
        public DataServiceQuery<Address> Addresses { get { return CreateQuery<Address>("Addresses"); } }
        public DataServiceQuery<AddressType> AddressTypes { get { return CreateQuery<AddressType>("AddressTypes"); } }
        public DataServiceQuery<PhoneNumber> PhoneNumbers { get { return CreateQuery<PhoneNumber>("PhoneNumbers"); } }
    }
}
