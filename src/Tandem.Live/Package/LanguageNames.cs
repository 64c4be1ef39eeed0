using System.Collections.Frozen;

namespace Tandem.Live.Package;

/// <summary>
/// Names of languages in themselves and their ISO 639-2 codes. A table of its own rather than .NET's: that one needs ICU, which a clean
/// Debian does not have.
/// </summary>
public static class LanguageNames
{
    /// <summary>BCP 47, ISO 639-2/T, ISO 639-2/B where it differs, name, the word "original".</summary>
    private static readonly string[] Rows =
    [
        "af afr - Afrikaans|oorspronklik", "am amh - አማርኛ|ዋናው", "ar ara - العربية|الأصلي", "az aze - Azərbaycan|orijinal",
        "be bel - Беларуская|арыгінал", "bg bul - Български|оригинал", "bn ben - বাংলা|মূল", "bs bos - Bosanski|original",
        "ca cat - Català|original", "cs ces cze Čeština|originál", "cy cym wel Cymraeg|gwreiddiol", "da dan - Dansk|original",
        "de deu ger Deutsch|Original", "el ell gre Ελληνικά|πρωτότυπο", "en eng - English|original", "eo epo - Esperanto|originalo",
        "es spa - Español|original", "et est - Eesti|originaal", "eu eus baq Euskara|jatorrizkoa", "fa fas per فارسی|اصلی",
        "fi fin - Suomi|alkuperäinen", "fil fil - Filipino|orihinal", "fr fra fre Français|original", "ga gle - Gaeilge|bunleagan",
        "gl glg - Galego|orixinal", "gu guj - ગુજરાતી|મૂળ", "he heb - עברית|מקור", "hi hin - हिन्दी|मूल", "hr hrv - Hrvatski|original",
        "hu hun - Magyar|eredeti", "hy hye arm Հայերեն|բնօրինակ", "id ind - Indonesia|asli", "is isl ice Íslenska|upprunalegt",
        "it ita - Italiano|originale", "ja jpn - 日本語|原音", "ka kat geo ქართული|ორიგინალი", "kk kaz - Қазақ тілі|түпнұсқа",
        "km khm - ខ្មែរ|ដើម", "kn kan - ಕನ್ನಡ|ಮೂಲ", "ko kor - 한국어|원음", "lt lit - Lietuvių|originalas", "lv lav - Latviešu|oriģināls",
        "mk mkd mac Македонски|оригинал", "ml mal - മലയാളം|യഥാർത്ഥം", "mr mar - मराठी|मूळ", "ms msa may Bahasa Melayu|asal",
        "mt mlt - Malti|oriġinali", "my mya bur မြန်မာ|မူရင်း", "nb nob - Norsk bokmål|original", "ne nep - नेपाली|मूल",
        "nl nld dut Nederlands|origineel", "nn nno - Norsk nynorsk|original", "no nor - Norsk|original", "oc oci - Occitan|original",
        "pa pan - ਪੰਜਾਬੀ|ਮੂਲ", "pl pol - Polski|oryginał", "pt por - Português|original", "ro ron rum Română|original",
        "ru rus - Русский|оригинал", "sk slk slo Slovenčina|originál", "sl slv - Slovenščina|izvirnik", "sq sqi alb Shqip|origjinal",
        "sr srp - Српски|оригинал", "sv swe - Svenska|original", "sw swa - Kiswahili|asili", "ta tam - தமிழ்|அசல்", "te tel - తెలుగు|అసలు",
        "th tha - ไทย|ต้นฉบับ", "tr tur - Türkçe|orijinal", "uk ukr - Українська|оригінал", "ur urd - اردو|اصل",
        "uz uzb - O‘zbek|original", "vi vie - Tiếng Việt|gốc", "yue yue - 粵語|原聲", "zh zho chi 中文|原声", "zu zul - IsiZulu|original",
    ];

    /// <summary>Regions and scripts that viewers tell apart by name.</summary>
    private static readonly FrozenDictionary<string, string> Varieties = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["en-GB"] = "English (UK)",
        ["en-US"] = "English (US)",
        ["es-419"] = "Español (Latinoamérica)",
        ["es-ES"] = "Español (España)",
        ["es-MX"] = "Español (México)",
        ["fr-CA"] = "Français (Canada)",
        ["fr-FR"] = "Français (France)",
        ["pt-BR"] = "Português (Brasil)",
        ["pt-PT"] = "Português (Portugal)",
        ["zh-Hans"] = "简体中文",
        ["zh-CN"] = "简体中文",
        ["zh-Hant"] = "繁體中文",
        ["zh-TW"] = "繁體中文",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, Entry> ByCode = Read();

    /// <summary>The language's name in itself, such as <c>Español</c>; the tag where the table does not have it.</summary>
    /// <param name="tag">BCP 47 or ISO 639-2.</param>
    public static string Of(string tag)
    {
        if (Varieties.TryGetValue(tag, out var variety))
            return variety;
        if (!ByCode.TryGetValue(Primary(tag), out var entry))
            return tag;
        var rest = tag.IndexOf('-', StringComparison.Ordinal);
        return rest < 0 ? entry.Name : $"{entry.Name} ({tag[(rest + 1)..]})";
    }

    /// <summary>The name with the word "original" in that language, such as <c>English (original)</c>.</summary>
    public static string Original(string tag) =>
        ByCode.TryGetValue(Primary(tag), out var entry) ? $"{entry.Name} ({entry.Original})" : $"{tag} (original)";

    /// <summary>ISO 639-2/T code, <c>und</c> where the table has none.</summary>
    public static string ThreeLetters(string tag)
    {
        var primary = Primary(tag);
        if (ByCode.TryGetValue(primary, out var entry))
            return entry.Three;
        return primary.Length == 3 && primary.All(char.IsAsciiLetterLower) ? primary : "und";
    }

    /// <summary>The tag with ISO 639-2 codes replaced by what BCP 47 wants (RFC 5646, 2.2.1): <c>ger-AT</c> becomes <c>de-AT</c>.</summary>
    public static string Canonical(string tag)
    {
        var primary = Primary(tag);
        return ByCode.TryGetValue(primary, out var entry) ? entry.Tag + tag[primary.Length..] : tag;
    }

    /// <summary>
    /// Whether a listener of <paramref name="wanted"/> is served by <paramref name="offered"/>: the same language, and no other region or
    /// script where both name one.
    /// </summary>
    public static bool Matches(string offered, string wanted)
    {
        var left = Canonical(offered).ToLowerInvariant();
        var right = Canonical(wanted).ToLowerInvariant();
        return left == right
            || left.StartsWith(right + "-", StringComparison.Ordinal)
            || right.StartsWith(left + "-", StringComparison.Ordinal);
    }

    private static string Primary(string tag)
    {
        var end = tag.IndexOf('-', StringComparison.Ordinal);
        return (end < 0 ? tag : tag[..end]).ToLowerInvariant();
    }

    private static FrozenDictionary<string, Entry> Read()
    {
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        foreach (var row in Rows)
        {
            var fields = row.Split(' ', 4);
            var names = fields[3].Split('|');
            var entry = new Entry(fields[0], fields[1], names[0], names[1]);
            foreach (var code in fields[..3].Where(code => code != "-"))
                entries[code] = entry;
        }

        return entries.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private sealed record Entry(string Tag, string Three, string Name, string Original);
}
