using Tandem.Live.Package;
using Xunit;

namespace Tandem.Tests.Package;

public sealed class LanguageNamesTests
{
    [Theory]
    [InlineData("es", "Español", "spa")]
    [InlineData("es-419", "Español (Latinoamérica)", "spa")]
    [InlineData("de-AT", "Deutsch (AT)", "deu")]
    [InlineData("ger", "Deutsch", "deu")]
    [InlineData("sk", "Slovenčina", "slk")]
    [InlineData("tlh", "tlh", "tlh")]
    [InlineData("x-klingon", "x-klingon", "und")]
    public void Names_a_language_in_itself(string tag, string name, string code)
    {
        Assert.Equal(name, LanguageNames.Of(tag));
        Assert.Equal(code, LanguageNames.ThreeLetters(tag));
    }

    [Theory]
    [InlineData("es", "es-419", true)]
    [InlineData("spa", "es", true)]
    [InlineData("fre", "fr-CA", true)]
    [InlineData("pt-BR", "pt-PT", false)]
    [InlineData("en", "es", false)]
    [InlineData("zh-Hans", "zh-Hant", false)]
    public void Knows_whether_a_listener_is_served(string offered, string wanted, bool served) =>
        Assert.Equal(served, LanguageNames.Matches(offered, wanted));
}
