// Runs steps for a test: a line in names a step and the root of its service, lines out tell how it went.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Reflection;
using System.Text;

/// <summary>A step is wrong about what it got.</summary>
public class Unexpected : Exception
{
    public Unexpected(string message) : base(message) { }
}

public static class Expect
{
    public static void Same<T>(T expected, T found, string about = "")
    {
        if (!Equals(expected, found)) throw new Unexpected(about + " expected " + Shown(expected) + ", found " + Shown(found));
    }

    /// <summary>The same elements in the same order.</summary>
    public static void All<T>(IEnumerable<T> found, params T[] expected)
    {
        var list = found.ToList();
        if (!list.SequenceEqual(expected)) throw new Unexpected("expected " + Shown(expected) + ", found " + Shown(list));
    }

    public static void True(bool condition, string about)
    {
        if (!condition) throw new Unexpected(about);
    }

    public static E Fails<E>(Action action) where E : Exception
    {
        try { action(); } catch (E error) { return error; }
        throw new Unexpected("no " + typeof(E).Name);
    }

    static string Shown(object value)
    {
        var many = value as System.Collections.IEnumerable;
        if (value == null || value is string || many == null) return value == null ? "null" : "<" + value + ">";
        return "[" + string.Join(", ", many.Cast<object>().Select(Shown).ToArray()) + "]";
    }
}

public static class Runner
{
    public static void Main()
    {
        ServicePointManager.Expect100Continue = true;
        Console.OutputEncoding = new UTF8Encoding(false);
        for (string line; (line = Console.ReadLine()) != null;)
        {
            var words = line.Split(' ');
            Console.WriteLine(Outcome(words[0], new Uri(words[1])) + "\n.");
        }
    }

    static string Outcome(string step, Uri root)
    {
        var names = step.Split('.');
        try
        {
            var steps = Activator.CreateInstance(Type.GetType(names[0], true), root);
            steps.GetType().GetMethod(names[1]).Invoke(steps, null);
            return "done";
        }
        catch (TargetInvocationException error) { return error.InnerException.ToString(); }
    }
}
