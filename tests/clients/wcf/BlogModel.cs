// The blog of tests/service/blog.py, as DataSvcUtil makes it of a $metadata with customizable feeds.

using System;
using System.Data.Services.Client;
using System.Data.Services.Common;

namespace Blog
{
    public class Place
    {
        public string City { get; set; }
        public double? Latitude { get; set; }
        public double? Longitude { get; set; }
    }

    [DataServiceKey("PostID"), EntitySet("Posts")]
    [EntityPropertyMapping("Title", SyndicationItemProperty.Title, SyndicationTextContentKind.Plaintext, false)]
    [EntityPropertyMapping("Teaser", SyndicationItemProperty.Summary, SyndicationTextContentKind.Html, true)]
    [EntityPropertyMapping("Writer", SyndicationItemProperty.AuthorName, SyndicationTextContentKind.Plaintext, false)]
    [EntityPropertyMapping("WriterAddress", SyndicationItemProperty.AuthorEmail, SyndicationTextContentKind.Plaintext, true)]
    [EntityPropertyMapping("Published", SyndicationItemProperty.Published, SyndicationTextContentKind.Plaintext, false)]
    [EntityPropertyMapping("Changed", SyndicationItemProperty.Updated, SyndicationTextContentKind.Plaintext, true)]
    [EntityPropertyMapping("Place/City", "where/@city", "geo", "http://www.georss.org/georss", true)]
    [EntityPropertyMapping("Place/Latitude", "where/point/lat", "geo", "http://www.georss.org/georss", false)]
    [EntityPropertyMapping("Place/Longitude", "where/point/long", "geo", "http://www.georss.org/georss", false)]
    public class Post
    {
        public int PostID { get; set; }
        public string Title { get; set; }
        public string Teaser { get; set; }
        public string Writer { get; set; }
        public string WriterAddress { get; set; }
        public DateTime? Published { get; set; }
        public DateTime? Changed { get; set; }
        public Place Place { get; set; }
    }

    public class BlogEntities : DataServiceContext
    {
        public BlogEntities(Uri root) : base(root) { }

        public DataServiceQuery<Post> Posts { get { return CreateQuery<Post>("Posts"); } }
    }
}
