// What DataSvcUtil makes of the $metadata of the TechStore sample in V2, without its change notifications. The client of the
// time knows no Edm.DateTimeOffset and no Edm.Time as types of its own: they are texts.

using System;
using System.Collections.ObjectModel;
using System.Data.Services.Client;
using System.Data.Services.Common;

namespace TechStore
{
    public class Address
    {
        public string Street { get; set; }
        public string City { get; set; }
        public string State { get; set; }
        public string PostalCode { get; set; }
        public string Country { get; set; }
    }

    public class Dimensions
    {
        public double? Length { get; set; }
        public double? Width { get; set; }
        public double? Height { get; set; }
        public string Unit { get; set; }
    }

    [DataServiceKey("ID"), EntitySet("Products")]
    public class Product
    {
        public Product()
        {
            ShippingAddress = new Address();
            Dimensions = new Dimensions();
            Descriptions = new Collection<ProductDescription>();
            RelatedProducts = new Collection<Product>();
        }

        public Guid ID { get; set; }
        public string Name { get; set; }
        public string Description { get; set; }
        public double Price { get; set; }
        public byte Rating { get; set; }
        public sbyte Temperature { get; set; }
        public short Quantity { get; set; }
        public float Weight { get; set; }
        public byte[] Data { get; set; }
        public DateTime? ReleaseDate { get; set; }
        public string OpenTime { get; set; }
        public string ShippingTime { get; set; }
        public string ProcessingTime { get; set; }
        public string Offset { get; set; }
        public Guid? CategoryID { get; set; }
        public int Status { get; set; }
        public int Version { get; set; }
        public string CreatedAt { get; set; }
        public string SerialNumber { get; set; }
        public string ProductType { get; set; }
        public Address ShippingAddress { get; set; }
        public Dimensions Dimensions { get; set; }
        public Category Category { get; set; }
        public Collection<ProductDescription> Descriptions { get; set; }
        public Collection<Product> RelatedProducts { get; set; }
    }

    public class SpecialProduct : Product
    {
        public string SpecialProperty { get; set; }
        public string SpecialFeature { get; set; }
    }

    [DataServiceKey("ID"), EntitySet("Categories")]
    public class Category
    {
        public Category()
        {
            Products = new Collection<Product>();
        }

        public Guid ID { get; set; }
        public string Name { get; set; }
        public string Description { get; set; }
        public Collection<Product> Products { get; set; }
    }

    [DataServiceKey("ProductID", "LanguageKey"), EntitySet("ProductDescriptions")]
    public class ProductDescription
    {
        public Guid ProductID { get; set; }
        public string LanguageKey { get; set; }
        public string Description { get; set; }
        public string LongText { get; set; }
        public string CustomName { get; set; }
        public Product Product { get; set; }
    }

    [DataServiceKey("ID"), EntitySet("DecimalSamples")]
    public class DecimalSample
    {
        public Guid ID { get; set; }
        public string Name { get; set; }
        public decimal Amount { get; set; }
    }

    [DataServiceKey("ID"), EntitySet("ReadOnlyItems")]
    public class ReadOnlyItem
    {
        public Guid ID { get; set; }
        public string Name { get; set; }
    }

    [DataServiceKey("ID"), EntitySet("MediaItems"), HasStream]
    public class MediaItem
    {
        public Guid ID { get; set; }
        public string Name { get; set; }
        public string ContentType { get; set; }
        public long? Size { get; set; }
    }

    public class Container : DataServiceContext
    {
        public Container(Uri root) : base(root)
        {
            ResolveName = type => type.FullName;
            ResolveType = name => Type.GetType(name);
        }

        public DataServiceQuery<Product> Products { get { return CreateQuery<Product>("Products"); } }
        public DataServiceQuery<Category> Categories { get { return CreateQuery<Category>("Categories"); } }
        public DataServiceQuery<ProductDescription> ProductDescriptions { get { return CreateQuery<ProductDescription>("ProductDescriptions"); } }
        public DataServiceQuery<DecimalSample> DecimalSamples { get { return CreateQuery<DecimalSample>("DecimalSamples"); } }
        public DataServiceQuery<ReadOnlyItem> ReadOnlyItems { get { return CreateQuery<ReadOnlyItem>("ReadOnlyItems"); } }
        public DataServiceQuery<MediaItem> MediaItems { get { return CreateQuery<MediaItem>("MediaItems"); } }
    }
}
