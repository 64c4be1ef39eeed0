using Tandem.Live.Dubbing;
using Xunit;

namespace Tandem.Tests.Dubbing;

public sealed class EngineCatalogueTests
{
    [Theory]
    [InlineData("echo", typeof(EchoEngine))]
    [InlineData("tone", typeof(ToneEngine))]
    public async Task Engines_that_need_nothing_serve_any_language(string name, Type type)
    {
        var choice = EngineCatalogue.Resolve(name, "ja", ["es", "zh-Hant"]);

        await using var engine = choice.Create!(TestServices.Of());

        Assert.IsType(type, engine);
    }

    [Fact]
    public void An_unknown_engine_is_refused_with_those_that_are_known()
    {
        var choice = EngineCatalogue.Resolve("wisper", "en", ["es"]);

        Assert.Null(choice.Create);
        Assert.Contains("\"wisper\"", choice.Error, StringComparison.Ordinal);
        Assert.Contains("offline, echo, tone", choice.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', choice.Error!);
    }

    [Theory]
    [InlineData("whisper+apertium+espeak", "recogniser \"whisper\"")]
    [InlineData("pocketsphinx+deepl+espeak", "translator \"deepl\"")]
    [InlineData("pocketsphinx+apertium+piper", "voice \"piper\"")]
    public void An_unknown_part_of_a_composition_is_named(string engine, string part)
    {
        var choice = EngineCatalogue.Resolve(engine, "en", ["es"]);

        Assert.Null(choice.Create);
        Assert.Contains(part, choice.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("e")]
    [InlineData("spanish please")]
    [InlineData("es_ES")]
    [InlineData("es;rm -rf /")]
    public void What_is_no_language_tag_is_refused_by_name(string language)
    {
        var choice = EngineCatalogue.Resolve("echo", "en", [language]);

        Assert.Contains($"\"{language}\"", choice.Error, StringComparison.Ordinal);
    }
}
