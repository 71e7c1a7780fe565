// The TechStore in V2: every type, structures, ETags, a hierarchy, composite keys, media, operations. Every public method is a
// step, with a fresh database.

using System;
using System.Collections.Generic;
using System.Data.Services.Client;
using System.IO;
using System.Linq;
using System.Text;
using TechStore;

public class TechStoreSteps
{
    static readonly Guid Chair = new Guid("29386ddb-7cf9-4a1e-bf8d-0afdc6ed5e38");
    static readonly Guid Mouse = new Guid("30979d5a-9353-4960-b403-cb75a5878c6c");
    static readonly Guid Mug = new Guid("3b69c7d4-883b-4e19-ab50-54e9e388df89");
    static readonly Guid Laptop = new Guid("f196ffb2-206e-496e-8d35-005697660c58");
    readonly Uri root;
    readonly Container context;

    public TechStoreSteps(Uri root)
    {
        this.root = root;
        context = new Container(root);
    }

    public void EveryType()
    {
        var laptop = One(Laptop);
        Expect.Same("Laptop 999.99 200 -10 1200 3.14", string.Join(" ", new object[] {
            laptop.Name, laptop.Price, laptop.Rating, laptop.Temperature, laptop.Quantity, laptop.Weight }));
        Expect.Same("test", Encoding.ASCII.GetString(laptop.Data));
        Expect.Same(new DateTime(2024, 1, 15), laptop.ReleaseDate);
        Expect.Same("PT9H30M P1D PT45S PT0S", string.Join(" ", laptop.OpenTime, laptop.ShippingTime, laptop.ProcessingTime, laptop.Offset));
        Expect.Same("2024-01-15T10:30:00Z", laptop.CreatedAt);
        Expect.Same(null, One(Chair).Data);
        Expect.Same(0, One(Mug).Data.Length);
    }

    public void EveryTypeChanged()
    {
        var laptop = One(Laptop);
        laptop.Price = 1e-7;
        laptop.Rating = 255;
        laptop.Temperature = -128;
        laptop.Quantity = short.MinValue;
        laptop.Weight = 0.1f;
        laptop.Data = new byte[] { 0, 255 };
        laptop.ReleaseDate = null;
        laptop.OpenTime = "PT23H59M59.5S";
        laptop.ShippingTime = "-P3DT1H";
        laptop.Status = 9;
        laptop.Description = null;
        context.UpdateObject(laptop);
        context.SaveChanges(SaveChangesOptions.ReplaceOnUpdate);
        var again = Again(Laptop);
        Expect.Same("1E-07 255 -128 -32768 0.1 9", string.Join(" ", new object[] {
            again.Price, again.Rating, again.Temperature, again.Quantity, again.Weight, again.Status }));
        Expect.All(again.Data, (byte)0, (byte)255);
        Expect.Same("PT23H59M59.5S -P3DT1H", again.OpenTime + " " + again.ShippingTime);
        Expect.True(again.ReleaseDate == null && again.Description == null, "they are not null");
        Expect.Same(laptop.CreatedAt, again.CreatedAt);
    }

    public void WhereOfEveryType()
    {
        Found(each => each.Price < 100 && each.Price > 15.5, "Wireless Mouse");
        Found(each => Math.Round(each.Price) == 16 || Math.Floor(each.Price) == 29 || Math.Ceiling(each.Price) == 250,
            "Coffee Mug", "Office Chair", "Wireless Mouse");
        Found(each => each.Rating == 255, "Office Chair");
        Found(each => each.Temperature < -5, "Laptop");
        Found(each => each.Quantity % 2 == 1, "Office Chair");
        Found(each => each.Weight > 3.0f && each.Weight < 4.0f, "Laptop");
        Found(each => each.ReleaseDate == new DateTime(2024, 1, 20), "Wireless Mouse");
        Found(each => each.ReleaseDate.Value.Day == 31, "Office Chair");
        Found(each => each.Category.Name == "Kitchen", "Coffee Mug");
        Found(each => each.ID == Mug, "Coffee Mug");
        Found(each => (int)each.Price == 15, "Coffee Mug");
    }

    public void Structures()
    {
        Found(each => each.ShippingAddress.City == "Portland", "Coffee Mug");
        Expect.Same("Portland, 10 cm", context.Products.Where(each => each.ID == Mug)
            .Select(each => new { each.ShippingAddress, each.Dimensions }).ToList()
            .Select(each => each.ShippingAddress.City + ", " + each.Dimensions.Height + " " + each.Dimensions.Unit).Single());
        Expect.Same(null, One(Chair).ShippingAddress.City);
        Expect.Same("Home St", context.Execute<Address>(new Uri("Products(guid'" + Mug + "')/ShippingAddress", UriKind.Relative)).Single().Street.Substring(4));
        var mug = One(Mug);
        mug.ShippingAddress = new Address { City = "Salem", Country = "USA" };
        mug.Dimensions.Height = null;
        context.UpdateObject(mug);
        context.SaveChanges(SaveChangesOptions.ReplaceOnUpdate);
        Expect.Same("Salem, , cm", Again(Mug).ShippingAddress.City + ", " + Again(Mug).Dimensions.Height + ", " + Again(Mug).Dimensions.Unit);
    }

    public void ETags()
    {
        var mug = One(Mug);
        var read = context.GetEntityDescriptor(mug).ETag;
        Expect.True(!string.IsNullOrEmpty(read), "no ETag");
        mug.Name = "Tea Mug";
        context.UpdateObject(mug);
        context.SaveChanges();
        var changed = context.GetEntityDescriptor(mug).ETag;
        Expect.True(changed != read, "the update gave no new ETag");
        mug.Name = "Soup Mug";
        context.UpdateObject(mug);
        context.SaveChanges();
        context.DeleteObject(mug);
        Expect.All(context.SaveChanges().Select(each => each.StatusCode), 204);
    }

    public void ETagsOfYesterday()
    {
        var mug = One(Mug);
        var other = new Container(root);
        var same = other.Products.Where(each => each.ID == Mug).Single();
        same.Name = "Tea Mug";
        other.UpdateObject(same);
        other.SaveChanges();
        mug.Name = "Soup Mug";
        context.UpdateObject(mug);
        Refused(412, () => context.SaveChanges());
        Refused(412, () => context.SaveChanges(SaveChangesOptions.Batch));
        Expect.Same("Tea Mug", Again(Mug).Name);
        context.MergeOption = MergeOption.PreserveChanges;
        One(Mug);
        context.SaveChanges();
        Expect.Same("Soup Mug", Again(Mug).Name);
        other.DeleteObject(same);
        Refused(412, () => other.SaveChanges());
    }

    public void ETagsOfWhatWasNotRead()
    {
        var mug = new Product { ID = Mug };
        context.AttachTo("Products", mug);
        context.DeleteObject(mug);
        Refused(400, () => context.SaveChanges());
        context.Detach(mug);
        context.AttachTo("Products", mug, "*");
        context.DeleteObject(mug);
        Expect.All(context.SaveChanges().Select(each => each.StatusCode), 204);
    }

    public void ETagsInABatch()
    {
        var mug = One(Mug);
        var chair = One(Chair);
        mug.Name = "Tea Mug";
        chair.Name = "Armchair";
        context.UpdateObject(mug);
        context.UpdateObject(chair);
        context.SaveChanges(SaveChangesOptions.Batch);
        mug.Name = "Soup Mug";
        context.UpdateObject(mug);
        context.DeleteObject(chair);
        Expect.All(context.SaveChanges(SaveChangesOptions.Batch).Select(each => each.StatusCode), 204, 204);
    }

    public void Hierarchy()
    {
        var special = (SpecialProduct)One(Laptop);
        Expect.Same("Premium support", special.SpecialFeature);
        Expect.True(One(Mug).GetType() == typeof(Product), "the mug is special");
        Expect.Same(3, context.Products.Where(each => each is SpecialProduct).ToList().Count);
        Found(each => ((SpecialProduct)each).SpecialFeature == "Premium support", "Laptop");
        special.SpecialFeature = "none";
        context.UpdateObject(special);
        var made = new SpecialProduct { ID = Guid.NewGuid(), Name = "Pen", Price = 1.5, CreatedAt = "2024-01-01T00:00:00Z", SpecialProperty = "gold", ProductType = "SpecialProduct" };
        context.AddObject("Products", made);
        context.SaveChanges();
        Expect.Same("none", ((SpecialProduct)Again(Laptop)).SpecialFeature);
        Expect.Same("gold", ((SpecialProduct)Again(made.ID)).SpecialProperty);
    }

    public void CompositeKeys()
    {
        var german = context.ProductDescriptions.Where(each => each.ProductID == Laptop && each.LanguageKey == "DE").Single();
        Expect.Same("Ein leichter Laptop", german.Description);
        german.Description = "Ein schwerer Laptop";
        context.UpdateObject(german);
        var danish = new ProductDescription { ProductID = Mug, LanguageKey = "DA", Description = "Et krus" };
        context.AddObject("ProductDescriptions", danish);
        context.SaveChanges();
        context.DeleteObject(german);
        context.SaveChanges();
        Expect.All(context.ProductDescriptions.Where(each => each.ProductID == Laptop || each.LanguageKey == "DA").ToList()
            .Select(each => each.Description).OrderBy(each => each), "A light laptop", "Et krus");
        Expect.All(context.Products.Expand("Descriptions").Where(each => each.ID == Mug).Single().Descriptions
            .Select(each => each.LanguageKey).OrderBy(each => each), "DA", "EN");
    }

    public void ManyToMany()
    {
        var mouse = One(Mouse);
        var laptop = One(Laptop);
        context.AddLink(mouse, "RelatedProducts", laptop);
        context.AddLink(mouse, "RelatedProducts", One(Mug));
        context.SaveChanges();
        Expect.All(Related(), "Coffee Mug", "Laptop");
        context.DeleteLink(mouse, "RelatedProducts", laptop);
        Expect.All(context.SaveChanges(SaveChangesOptions.Batch).Select(each => each.StatusCode), 204);
        Expect.All(Related(), "Coffee Mug");
    }

    public void RelatedInserts()
    {
        var garden = new Category { ID = Guid.NewGuid(), Name = "Garden & <Yard>" };
        context.AddObject("Categories", garden);
        var rake = new Product { ID = Guid.NewGuid(), Name = "Rake", Price = 20, CreatedAt = "2024-01-01T00:00:00Z", ProductType = "Product" };
        context.AddRelatedObject(garden, "Products", rake);
        var hose = new Product { ID = Guid.NewGuid(), Name = "Hose", Price = 30, CreatedAt = "2024-01-01T00:00:00Z", ProductType = "Product" };
        context.AddObject("Products", hose);
        context.SetLink(hose, "Category", garden);
        context.SaveChanges(SaveChangesOptions.Batch);
        Found(each => each.Category.Name == "Garden & <Yard>", "Hose", "Rake");
    }

    public void Decimals()
    {
        var sample = new DecimalSample { ID = Guid.NewGuid(), Name = "all digits", Amount = 1234567890.123456789012345678m };
        context.AddObject("DecimalSamples", sample);
        context.SaveChanges();
        var again = new Container(root).DecimalSamples.Where(each => each.Amount == 1234567890.123456789012345678m).Single();
        Expect.Same(1234567890.123456789012345678m, again.Amount);
        Expect.Same("123.450000000000000000", new Container(root).DecimalSamples.Where(each => each.Amount < 1000m).Single().Amount.ToString());
    }

    public void Rights()
    {
        Expect.Same(2, context.ReadOnlyItems.ToList().Count);
        context.AddObject("ReadOnlyItems", new ReadOnlyItem { ID = Guid.NewGuid(), Name = "x" });
        Refused(403, () => context.SaveChanges());
    }

    public void Media()
    {
        var image = context.MediaItems.Where(each => each.Name == "Sample Image").Single();
        using (var response = context.GetReadStream(image))
        {
            Expect.Same("image/png", response.ContentType);
            Expect.Same(image.Size, Octets(response.Stream).LongLength);
        }
        Expect.Same(root + "MediaItems(guid'" + image.ID + "')/$value", context.GetReadStreamUri(image).ToString());

        context.SetSaveStream(image, new MemoryStream(new byte[] { 1, 2, 3 }), true, "image/gif", "");
        context.SaveChanges();
        using (var response = context.GetReadStream(image)) Expect.All(Octets(response.Stream), (byte)1, (byte)2, (byte)3);

        var made = new MediaItem { Name = "made by a client", ContentType = "text/plain" };
        context.AddObject("MediaItems", made);
        context.SetSaveStream(made, new MemoryStream(Encoding.ASCII.GetBytes("hello")), true, "text/plain", "slug");
        Expect.All(context.SaveChanges().Select(each => each.StatusCode), 201, 204);
        var again = new Container(root).MediaItems.Where(each => each.Name == made.Name).Single();
        Expect.Same("made by a client, 5", again.Name + ", " + again.Size);
        context.DeleteObject(made);
        context.SaveChanges();
        Expect.Same(2, new Container(root).MediaItems.Count());
    }

    public void Operations()
    {
        Expect.All(context.Execute<Product>(new Uri("GetTopProducts?count=2", UriKind.Relative)).Select(each => each.Name), "Premium Laptop Pro", "Laptop");
        Expect.All(context.Execute<Product>(new Uri("FindProducts?name='Mouse'&maxPrice=100.0&$expand=Category", UriKind.Relative))
            .Select(each => each.Name + ", " + each.Category.Name), "Wireless Mouse, Electronics");
        Expect.All(context.CreateQuery<Product>("GetTopProducts").AddQueryOption("count", 3).Where(each => each.Price < 1000)
            .ToList().Select(each => each.Name), "Laptop", "Smartphone");
        Expect.All(context.Execute<int>(new Uri("Calculate?a=40&b=2", UriKind.Relative)), 42);
        Expect.All(context.Execute<string>(new Uri("Convert?input='%3C%26%3E'", UriKind.Relative)), "String: <&>");
    }

    Product One(Guid key)
    {
        return context.Products.Where(each => each.ID == key).Single();
    }

    /// <summary>As another client sees it.</summary>
    Product Again(Guid key)
    {
        return new Container(root).Products.Where(each => each.ID == key).Single();
    }

    IEnumerable<string> Related()
    {
        return new Container(root).Products.Expand("RelatedProducts").Where(each => each.ID == Mouse).Single()
            .RelatedProducts.Select(each => each.Name).OrderBy(each => each);
    }

    void Found(System.Linq.Expressions.Expression<Func<Product, bool>> condition, params string[] names)
    {
        Expect.All(context.Products.Where(condition).ToList().Select(each => each.Name).OrderBy(each => each, StringComparer.Ordinal), names);
    }

    static void Refused(int status, Action change)
    {
        var error = Expect.Fails<DataServiceRequestException>(change);
        Expect.Same(status, ((DataServiceClientException)error.InnerException).StatusCode);
    }

    static byte[] Octets(Stream stream)
    {
        var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
