using Tandem.Live.Dubbing;
using Xunit;

namespace Tandem.Tests.Dubbing;

public sealed class LanguageTagTests
{
    [Theory]
    [InlineData("en", "en", "", "eng")]
    [InlineData("EN-us", "en", "US", "eng")]
    [InlineData("spa", "es", "", "spa")]
    [InlineData("es-419", "es", "419", "spa")]
    [InlineData("pt-BR", "pt", "BR", "por")]
    [InlineData("zh-Hant-TW", "zh", "TW", "zho")]
    [InlineData("ast", "ast", "", "ast")]
    [InlineData("de-x-it", "de", "", "deu")]
    public void Reads_language_and_region(string text, string language, string region, string threeLetters)
    {
        var tag = LanguageTag.Parse(text)!;

        Assert.Equal((language, region, threeLetters), (tag.Language, tag.Region, tag.ThreeLetters));
    }
}
