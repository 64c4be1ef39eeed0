using System.Globalization;
using System.Text.RegularExpressions;

namespace Tandem.Checks.Hls;

/// <summary>Rules for the master playlist (design.md, section 3a, rule 5).</summary>
internal sealed partial class MasterRules(CheckerOptions options, Report report)
{
    private const string Machine = "public.machine-generated";

    /// <summary>Checks a master.</summary>
    public void Check(HlsPlaylist master, DateTimeOffset at)
    {
        void Report(HlsRule rule, string what) => report(rule, master.Address, at, what);

        foreach (var fault in master.Faults)
            Report(HlsRule.Syntax, fault);
        foreach (var tag in PlaylistRules.Forbidden.Where(master.Has))
            Report(HlsRule.ForbiddenTag, tag);
        foreach (var uri in Uris(master).Where(uri => !Absolute().IsMatch(uri)))
            Report(HlsRule.AbsoluteUri, uri);
        if (master.Version < 4 && master.Renditions.Count > 0)
            Report(HlsRule.Version, $"version {master.Version} with EXT-X-MEDIA, which needs 4");
        foreach (var group in master.Renditions.GroupBy(rendition => (Type: rendition["TYPE"], Id: rendition["GROUP-ID"])))
            CheckGroup(group.Key.Type ?? "", group.Key.Id ?? "", [.. group], Report);
        foreach (var rendition in master.Renditions)
            CheckRendition(rendition, Report);
        foreach (var variant in master.Variants)
            CheckVariant(master, variant, Report);
        CheckVoices(master, Report);
    }

    private static IEnumerable<string> Uris(HlsPlaylist master) =>
        master.Variants.Concat(master.Renditions).Concat(master.IFrames).Select(entry => entry.Uri).OfType<string>()
            .Concat(master.Tags.Where(tag => tag.Name is "EXT-X-SESSION-DATA" or "EXT-X-SESSION-KEY")
                .Select(tag => HlsReader.Attributes(master, tag).GetValueOrDefault("URI")).OfType<string>());

    private static void CheckGroup(string type, string id, List<HlsEntry> renditions, Action<HlsRule, string> report)
    {
        foreach (var name in renditions.GroupBy(rendition => rendition["NAME"]).Where(name => name.Count() > 1))
            report(HlsRule.UniqueName, $"\"{name.Key}\" {name.Count()} times in {type} {id}");
        var defaults = renditions.Count(rendition => rendition["DEFAULT"] == "YES");
        if (defaults > 1 || (type == "AUDIO" && defaults == 0))
            report(HlsRule.OneDefault, $"{defaults} defaults in {type} {id}");
        if (renditions.Exists(rendition => rendition["DEFAULT"] == "YES" && rendition["AUTOSELECT"] != "YES"))
            report(HlsRule.OneDefault, $"the default of {type} {id} is not AUTOSELECT=YES");
    }

    private static void CheckRendition(HlsEntry rendition, Action<HlsRule, string> report)
    {
        var name = rendition["NAME"];
        foreach (var attribute in (string[])["TYPE", "GROUP-ID", "NAME"])
        {
            if (string.IsNullOrEmpty(rendition[attribute]))
                report(HlsRule.RenditionAttributes, $"\"{name}\" without {attribute}");
        }

        var machine = rendition["CHARACTERISTICS"]?.Contains(Machine, StringComparison.Ordinal) == true;
        if (rendition["TYPE"] == "AUDIO" && rendition.Uri is null)
            report(HlsRule.RenditionAttributes, $"\"{name}\" without a URI of its own");
        if (machine && (rendition["LANGUAGE"] is not { } language || !LanguageTag().IsMatch(language)))
            report(HlsRule.RenditionAttributes, $"\"{name}\" has no language tag, but \"{rendition["LANGUAGE"]}\"");
        if (machine && rendition["TYPE"] == "AUDIO" && rendition["CHANNELS"] is not { Length: > 0 })
            report(HlsRule.RenditionAttributes, $"\"{name}\" without CHANNELS");
        if (rendition["TYPE"] == "CLOSED-CAPTIONS" && (rendition["INSTREAM-ID"] is null || rendition.Uri is not null))
            report(HlsRule.RenditionAttributes, $"closed captions \"{name}\" without INSTREAM-ID or with a URI");
    }

    private void CheckVariant(HlsPlaylist master, HlsEntry variant, Action<HlsRule, string> report)
    {
        var peak = Rate("BANDWIDTH");
        if (peak is null or 0)
            report(HlsRule.BandwidthTrue, $"{variant.Uri}: BANDWIDTH is \"{variant["BANDWIDTH"]}\"");
        if (variant["AVERAGE-BANDWIDTH"] is not null && Rate("AVERAGE-BANDWIDTH") is not { } average)
            report(HlsRule.BandwidthTrue, $"{variant.Uri}: AVERAGE-BANDWIDTH is \"{variant["AVERAGE-BANDWIDTH"]}\"");
        else if (Rate("AVERAGE-BANDWIDTH") > peak)
            report(HlsRule.BandwidthTrue, $"{variant.Uri}: the average is above the peak");
        if (variant["CODECS"] is null && options.RequireCodecs)
            report(HlsRule.CodecsTrue, $"{variant.Uri} without CODECS");
        if (variant["AUDIO"] is null)
            report(HlsRule.Groups, $"{variant.Uri} has no audio group");
        foreach (var type in (string[])["AUDIO", "SUBTITLES", "VIDEO", "CLOSED-CAPTIONS"])
        {
            if (variant[type] is { } group && group != "NONE" && !master.Renditions.Exists(rendition => rendition["TYPE"] == type && rendition["GROUP-ID"] == group))
                report(HlsRule.Groups, $"{variant.Uri}: there is no group {group} of {type}");
        }

        long? Rate(string name) =>
            long.TryParse(variant[name], NumberStyles.None, CultureInfo.InvariantCulture, out var rate) ? rate : null;
    }

    private void CheckVoices(HlsPlaylist master, Action<HlsRule, string> report)
    {
        foreach (var type in (string[])["AUDIO", "SUBTITLES"])
        {
            var groups = master.Renditions.Where(rendition => rendition["TYPE"] == type)
                .GroupBy(rendition => rendition["GROUP-ID"])
                .Select(group => (Id: group.Key, Uris: group.Where(IsMachine).Select(rendition => rendition.Uri).ToHashSet()))
                .ToList();
            foreach (var group in groups.Skip(1).Where(group => !group.Uris.SetEquals(groups[0].Uris)))
                report(HlsRule.Groups, $"{type} {group.Id} has other voices than {groups[0].Id}");
        }

        foreach (var language in options.Languages)
        {
            if (!master.Renditions.Exists(rendition => rendition["TYPE"] == "AUDIO" && rendition["LANGUAGE"] == language && IsMachine(rendition)))
                report(HlsRule.Groups, $"no dub into {language}");
        }
    }

    /// <summary>Whether a machine speaks, or wrote, this rendition.</summary>
    public static bool IsMachine(HlsEntry rendition) => rendition["CHARACTERISTICS"]?.Contains(Machine, StringComparison.Ordinal) == true;

    [GeneratedRegex("^https?://[^/]+/", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Absolute();

    /// <summary>The shape of BCP 47 tags in use: language, script, region, variants.</summary>
    [GeneratedRegex("^[a-z]{2,3}(-[A-Za-z]{4})?(-([A-Z]{2}|[0-9]{3}))?(-[a-z0-9]{5,8})*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LanguageTag();
}
