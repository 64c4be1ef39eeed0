using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Tandem.Live.Ingest;

namespace Tandem.Live.Package;

/// <summary>Writes Tandem's master playlist from the source's (design.md, section 3a, rule 5). Pure.</summary>
public static partial class MasterWriter
{
    /// <summary>Stated of a media playlist without a master until its first segments were measured: a usual picture of 720 lines.</summary>
    private const int AssumedBitRate = 3_000_000;

    /// <summary>The playlist's text, lines ended by LF.</summary>
    /// <param name="master">What is published.</param>
    /// <param name="baseAddress">Absolute address that paths are relative to, as the viewer reached it, such as <c>https://host/live/news/</c>.</param>
    public static string Write(PublishedMaster master, Uri baseAddress)
    {
        var audio = new AudioGroups(master);
        var captions = new CaptionGroups(master, audio.Voices);
        var variants = master.Source.Variants.Where(variant => !AudioOnly.Is(variant, master.Facts) && master.Paths.ContainsKey(variant.Address)).ToList();
        var audioOnly = master.Source.Variants.FirstOrDefault(variant => AudioOnly.Is(variant, master.Facts));
        var listed = audioOnly is null ? variants : [.. variants, audioOnly];
        string AddressOf(string path) => new Uri(baseAddress, path).AbsoluteUri;

        var text = new StringBuilder("#EXTM3U\n");
        WriteHeader(text, master.Source, master.Carried);
        foreach (var group in listed.Select(audio.Of).Distinct(StringComparer.Ordinal))
            WriteRenditions(text, audio.Renditions(group, AddressOf));
        foreach (var group in variants.Select(captions.Of).OfType<string>().Distinct(StringComparer.Ordinal))
            WriteRenditions(text, captions.Renditions(group, AddressOf));
        WriteRenditions(text, OtherRenditions(master, AddressOf));
        foreach (var variant in master.Source.Variants)
        {
            if (variants.Contains(variant))
                WriteVariant(text, VariantAttributes(master, variant, audio, captions), AddressOf(master.Paths[variant.Address]));
            else if (variant == audioOnly && audio.Default is { } voice)
                WriteVariant(text, AudioOnlyAttributes(variant, audio), AddressOf(voice.Path));
        }

        foreach (var frames in master.Source.IFrameVariants)
        {
            if (master.Paths.TryGetValue(frames.Address, out var path))
                text.Append("#EXT-X-I-FRAME-STREAM-INF:").Append(PlaylistText.Attributes(frames.Attributes.Without("PATHWAY-ID").With("URI", AddressOf(path), quoted: true))).Append('\n');
        }

        return text.ToString();
    }

    private static void WriteHeader(StringBuilder text, MasterPlaylist source, bool carried)
    {
        // EXT-X-MEDIA came with version 4, INSTREAM-ID's SERVICE values with version 7.
        var services = source.Renditions.Any(rendition => rendition.Attributes["INSTREAM-ID"]?.StartsWith("SERVICE", StringComparison.Ordinal) == true);
        text.Append("#EXT-X-VERSION:").Append(services ? '7' : '4').Append('\n');
        if (source.IndependentSegments)
            text.Append("#EXT-X-INDEPENDENT-SEGMENTS\n");
        if (source.Start is { } start)
            text.Append("#EXT-X-START:").Append(PlaylistText.Attributes(start)).Append('\n');
        foreach (var line in source.OtherTags)
        {
            if (PlaylistText.IsKept(line) && !(carried && line.StartsWith("#EXT-X-SESSION-KEY", StringComparison.Ordinal)))
                text.Append(WithAbsoluteUri(line, source.Address)).Append('\n');
        }
    }

    private static string WithAbsoluteUri(string line, Uri source) => UriAttribute().Replace(line, match =>
        Uri.TryCreate(source, match.Groups["address"].Value, out var address)
            ? $"{match.Groups["before"].Value}URI=\"{PlaylistText.Address(address)}\""
            : match.Value);

    private static void WriteRenditions(StringBuilder text, IEnumerable<AttributeList> renditions)
    {
        foreach (var attributes in renditions)
            text.Append("#EXT-X-MEDIA:").Append(PlaylistText.Attributes(attributes)).Append('\n');
    }

    /// <summary>Alternate pictures, with Tandem's addresses, and closed captions, which are in the picture itself.</summary>
    private static IEnumerable<AttributeList> OtherRenditions(PublishedMaster master, Func<string, string> addressOf)
    {
        foreach (var rendition in master.Source.Renditions.Where(rendition => rendition.Attributes["TYPE"] is not ("AUDIO" or "SUBTITLES")))
        {
            if (rendition.Address is not { } address)
                yield return rendition.Attributes;
            else if (master.Paths.TryGetValue(address, out var path))
                yield return rendition.Attributes.With("URI", addressOf(path), quoted: true);
        }
    }

    private static void WriteVariant(StringBuilder text, AttributeList attributes, string address) =>
        text.Append("#EXT-X-STREAM-INF:").Append(PlaylistText.Attributes(attributes)).Append('\n').Append(address).Append('\n');

    private static AttributeList VariantAttributes(PublishedMaster master, Variant variant, AudioGroups audio, CaptionGroups captions)
    {
        var group = audio.Of(variant);
        var facts = master.Facts.GetValueOrDefault(variant.Address);
        var attributes = variant.Attributes.Without("PATHWAY-ID");
        attributes = master.Carried ? WithCarriedRates(attributes, facts, audio, group) : WithRates(attributes, facts, audio, group);
        if (CodecsOf(master, variant) is { } codecs)
        {
            attributes = attributes.With(
                "CODECS", Codecs.With(codecs, audio.Codecs, audio.HasSourceRenditions(group), within: !master.Carried), quoted: true);
        }

        if (audio.Voices.Length > 0)
            attributes = attributes.With("AUDIO", group, quoted: true);
        return captions.Of(variant) is { } subtitles
            ? attributes.With("SUBTITLES", subtitles, quoted: true)
            : attributes.Without("SUBTITLES");
    }

    /// <summary>
    /// A player fetches the variant and one voice. Sound inside the variant is fetched with it; a rendition's own rate, which the
    /// source's figure includes, is not, as far as it is known.
    /// </summary>
    private static AttributeList WithRates(AttributeList attributes, PlaylistFacts? facts, AudioGroups audio, string group)
    {
        var stated = ReadRate(attributes["BANDWIDTH"]);
        var peak = stated ?? facts?.BitRate ?? AssumedBitRate;
        var average = ReadRate(attributes["AVERAGE-BANDWIDTH"]) ?? (stated is null ? facts?.AverageBitRate : null);
        peak += Math.Max(0, audio.Voices.Select(voice => voice.BitRate).DefaultIfEmpty(0).Max() - audio.SourceRate(group, known => known.BitRate));
        average += Math.Max(
            0, audio.Voices.Select(voice => voice.AverageBitRate).DefaultIfEmpty(0).Max() - audio.SourceRate(group, known => known.AverageBitRate));
        attributes = attributes.With("BANDWIDTH", Text(peak), quoted: false);
        return average is { } known
            ? attributes.With("AVERAGE-BANDWIDTH", Text(Math.Min(known, peak)), quoted: false)
            : attributes.Without("AVERAGE-BANDWIDTH");
    }

    /// <summary>
    /// A carried variant holds no sound: what was taken out is not fetched. What is measured counts where it is more than the source says.
    /// </summary>
    private static AttributeList WithCarriedRates(AttributeList attributes, PlaylistFacts? facts, AudioGroups audio, string group)
    {
        var stated = ReadRate(attributes["BANDWIDTH"]);
        var average = ReadRate(attributes["AVERAGE-BANDWIDTH"]);
        var without = (facts?.SoundTaken ?? 0) + audio.SourceRate(group, known => known.BitRate);
        var peak = Math.Max((stated ?? (facts?.BitRate is null ? AssumedBitRate : 0)) - without, facts?.BitRate ?? 0);
        average = stated is null ? facts?.AverageBitRate : average is null ? null : Math.Max(average.Value - without, facts?.AverageBitRate ?? 0);
        peak += audio.Voices.Select(voice => voice.BitRate).DefaultIfEmpty(0).Max();
        average += audio.Voices.Select(voice => voice.AverageBitRate).DefaultIfEmpty(0).Max();
        attributes = attributes.With("BANDWIDTH", Text(peak), quoted: false);
        return average is { } known
            ? attributes.With("AVERAGE-BANDWIDTH", Text(Math.Min(known, peak)), quoted: false)
            : attributes.Without("AVERAGE-BANDWIDTH");
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static long? ReadRate(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var rate) && rate <= int.MaxValue ? rate : null;

    /// <summary>
    /// The source's CODECS; where it gives none for any variant, what was found in the segments, but only if that is known for all: players
    /// such as hls.js drop the variants without where others have it.
    /// </summary>
    private static string? CodecsOf(PublishedMaster master, Variant variant)
    {
        if (variant.Attributes["CODECS"] is { Length: > 0 } codecs)
            return codecs;
        var found = master.Source.Variants.All(other =>
            other.Attributes["CODECS"] is { Length: > 0 } || master.Facts.GetValueOrDefault(other.Address)?.Codecs is { Length: > 0 });
        return found ? master.Facts[variant.Address].Codecs : null;
    }

    /// <summary>All audio-only variants become one, whose playlist is the default voice's.</summary>
    private static AttributeList AudioOnlyAttributes(Variant variant, AudioGroups audio) => AttributeList.Empty
        .With("BANDWIDTH", Text(audio.Voices.Max(voice => voice.BitRate)), quoted: false)
        .With("AVERAGE-BANDWIDTH", Text(audio.Voices.Max(voice => voice.AverageBitRate)), quoted: false)
        .With("CODECS", string.Join(',', audio.Codecs), quoted: true)
        .With("AUDIO", audio.Of(variant), quoted: true);

    [GeneratedRegex("(?<before>[:,])URI=\"(?<address>[^\"]*)\"", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UriAttribute();
}
