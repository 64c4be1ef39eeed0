namespace Tandem.Server.Configuration;

/// <summary>A value that was read, or what is wrong with its text and what to write instead.</summary>
internal readonly record struct Parsed<T>(T Value, string? Problem)
{
    public static implicit operator Parsed<T>(T value) => new(value, null);

    public static implicit operator Parsed<T>(Wrong wrong) => new(default!, wrong.Problem);
}

/// <summary>A text that is no value of its setting. The reader goes on with the default, to find what else is wrong.</summary>
/// <param name="Problem">What is wrong, and what to write instead.</param>
internal readonly record struct Wrong(string Problem);

/// <summary>What the documents say about a setting; a test holds docs/configuration.md against it.</summary>
/// <param name="Name">Its key in the file.</param>
/// <param name="Unit">What a value is written in.</param>
/// <param name="DefaultText">As it would be written in the file; <c>required</c> or <c>none</c> where there is none.</param>
/// <param name="Range">Which values can be used.</param>
internal abstract record Setting(string Name, string Unit, string DefaultText, string Range)
{
    public const string Required = "required";
    public const string None = "none";
}

/// <summary>A setting with its default and its reader.</summary>
internal sealed record Setting<T>(string Name, string Unit, string DefaultText, string Range, T Default, Func<string, Parsed<T>> Parse)
    : Setting(Name, Unit, DefaultText, Range);
