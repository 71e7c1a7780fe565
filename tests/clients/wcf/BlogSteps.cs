// Customizable feeds: properties that stand in an entry's own elements. Every public method is a step.

using System;
using System.Data.Services.Client;
using System.Linq;
using Blog;

public class BlogSteps
{
    readonly Uri root;
    readonly BlogEntities context;

    public BlogSteps(Uri root)
    {
        this.root = root;
        context = new BlogEntities(root);
    }

    public void Read()
    {
        Expect.Same("R&D|<b>New</b>|Ada|ada@example.com|2010-05-06 07:08:09|2010-05-06 07:08:09|\"London\"|51.5|-0.125", Shown(One(1)));
        Expect.Same("||||||||", Shown(One(2)));
    }

    public void Projection()
    {
        var post = context.Posts.Where(each => each.PostID == 1).Select(each => new { each.Title, each.Place }).Single();
        Expect.Same("R&D in \"London\"", post.Title + " in " + post.Place.City);
    }

    public void Insert()
    {
        var moment = new DateTime(2011, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        var post = new Post
        {
            PostID = 3, Title = "<new>", Writer = "Bob", Published = moment, Changed = moment,
            Place = new Place { City = "Köln", Latitude = 50.9, Longitude = 6.9 }
        };
        context.AddObject("Posts", post);
        context.SaveChanges();
        Expect.Same("<new>||Bob||2011-01-02 03:04:05|2011-01-02 03:04:05|Köln|50.9|6.9", Shown(Again(3)));
    }

    public void Update()
    {
        var post = One(1);
        post.Title = "Other";
        post.Writer = null;
        post.Place.Latitude = null;
        context.UpdateObject(post);
        context.SaveChanges();
        Expect.Same("Other|<b>New</b>||ada@example.com|2010-05-06 07:08:09|2010-05-06 07:08:09|\"London\"||-0.125", Shown(Again(1)));
    }

    Post One(int key)
    {
        return context.Posts.Where(each => each.PostID == key).Single();
    }

    Post Again(int key)
    {
        return new BlogEntities(root).Posts.Where(each => each.PostID == key).Single();
    }

    static string Shown(Post post)
    {
        return string.Join("|", post.Title, post.Teaser, post.Writer, post.WriterAddress, Shown(post.Published), Shown(post.Changed),
            post.Place.City, post.Place.Latitude, post.Place.Longitude);
    }

    static string Shown(DateTime? moment)
    {
        return moment == null ? "" : moment.Value.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss");
    }
}
