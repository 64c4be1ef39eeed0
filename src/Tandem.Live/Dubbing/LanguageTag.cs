using System.Text.RegularExpressions;

namespace Tandem.Live.Dubbing;

/// <summary>A BCP 47 language tag (RFC 5646) as engines compare them: language and, where given, region; all else is variety.</summary>
/// <param name="Language">Two letters where ISO 639-1 has them, else three; lower case.</param>
/// <param name="Region">Two letters in upper case or three digits; empty where the tag has none.</param>
/// <param name="Whole">The tag as it was written.</param>
public sealed partial record LanguageTag(string Language, string Region, string Whole)
{
    // ISO 639-1 to 639-3, for what Debian's recognisers, translators and voices know.
    private static readonly Dictionary<string, string> s_threeLetters = new(
        ("af afr an arg ar ara as asm ast ast az aze be bel bg bul bn ben br bre bs bos ca cat cs ces cy cym da dan de deu el ell en eng eo epo " +
         "es spa et est eu eus fa fas fi fin fo fao fr fra ga gle gd gla gl glg gu guj he heb hi hin hr hrv hu hun hy hye ia ina id ind " +
         "is isl it ita ja jpn ka kat kk kaz kl kal kn kan ko kor ku kur ky kir la lat lb ltz lt lit lv lav mi mri mk mkd ml mal " +
         "mr mar ms msa mt mlt my mya nb nob ne nep nl nld nn nno no nor oc oci or ori pa pan pl pol pt por qu que ro ron ru rus sc srd " +
         "sd snd se sme si sin sk slk sl slv sq sqi sr srp sv swe sw swa ta tam te tel th tha tk tuk tn tsn tr tur tt tat ug uig uk ukr " +
         "ur urd uz uzb vi vie zh zho")
        .Split(' ').Chunk(2).Select(pair => KeyValuePair.Create(pair[0], pair[1])));

    private static readonly Dictionary<string, string> s_twoLetters =
        s_threeLetters.ToDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>ISO 639-3, as apertium names its pairs.</summary>
    public string ThreeLetters => s_threeLetters.GetValueOrDefault(Language, Language);

    /// <summary>Reads a tag; null where the text is none.</summary>
    public static LanguageTag? Parse(string text)
    {
        if (text.Length > 35 || !Shape().IsMatch(text))
            return null;
        var parts = text.Split('-');
        var language = parts[0].ToLowerInvariant();
        var region = parts.Skip(1).TakeWhile(part => part.Length > 1)
            .FirstOrDefault(part => part.Length == 2 || (part.Length == 3 && part.All(char.IsAsciiDigit)));
        return new LanguageTag(s_twoLetters.GetValueOrDefault(language, language), region?.ToUpperInvariant() ?? "", text);
    }

    /// <inheritdoc/>
    public override string ToString() => Whole;

    [GeneratedRegex("^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
    private static partial Regex Shape();
}
