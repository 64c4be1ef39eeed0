using Tandem.Live.Dubbing;

namespace Tandem.Workbench.Doctor;

/// <summary>Whether engines and voices are there, by asking each part of <c>offline</c> for something.</summary>
internal static class EngineCheck
{
    private const string Hears = "offline hears";

    private static readonly TimeSpan _each = TimeSpan.FromSeconds(15);

    public static async Task<IReadOnlyList<Finding>> ExamineAsync(CheckSurroundings around, CancellationToken cancellation)
    {
        var channels = around.Options.Channels;
        var findings = new List<Finding>();
        foreach (var channel in channels)
        {
            if (EngineCatalogue.Resolve(channel.Engine, channel.From, channel.To).Error is { } error)
                findings.Add(Finding.Failed($"channel {channel.Id}", error, "install what is missing, or change the channel's engine, from or to"));
        }

        // Without channels the demo is meant, which uses it.
        var needed = channels.IsEmpty || channels.Any(channel => channel.Engine == "offline" || channel.Engine.Contains('+', StringComparison.Ordinal));
        var listens = channels.IsEmpty || channels.Any(channel => !EngineCatalogue.Resolve(channel.Engine, channel.From, channel.To).ReadsCaptions);
        var inventory = OfflineInventory.Look();
        var broken = false;
        foreach (var part in new[] { await HearAsync(inventory, cancellation), await TranslateAsync(inventory, cancellation), await SpeakAsync(inventory, cancellation) })
        {
            broken |= part.State == CheckState.Failed;
            var isNeeded = needed && (listens || part.Name != Hears);
            findings.Add(part.State == CheckState.Failed && !isNeeded ? part with { State = CheckState.Warning } : part);
        }

        var pairs = inventory.Whole.Select(pair => $"{pair.From} to {pair.To}").ToList();
        if (!broken)
        {
            findings.Add(pairs.Count > 0
                ? Finding.Ok("language pairs", $"engine offline dubs {string.Join(", ", pairs)}")
                : Finding.Failed("language pairs", "engine offline has none: nothing that is heard is translated to what is spoken", "install an apertium pair such as apertium-eng-spa"));
        }

        return findings;
    }

    private static async Task<Finding> HearAsync(OfflineInventory inventory, CancellationToken cancellation)
    {
        const string Name = Hears;
        const string Remedy = "install libpocketsphinx3 and pocketsphinx-en-us";
        if (inventory.Models.Count == 0)
            return Finding.Failed(Name, "pocketsphinx has no model", Remedy);
        foreach (var (language, folder) in inventory.Models)
        {
            await using var recogniser = new PocketSphinxRecogniser(folder);
            var problem = await TryAsync(recogniser.Kill, async token =>
            {
                await recogniser.BeginAsync(token);
                await recogniser.HearAsync(new float[16_000], token);
                await recogniser.EndAsync(token);
                return null;
            }, cancellation);
            if (problem is not null)
                return Finding.Failed(Name, $"pocketsphinx does not hear {language}: {problem}", Remedy);
        }

        return Finding.Ok(Name, string.Join(", ", inventory.Models.Select(model => model.Language)));
    }

    private static async Task<Finding> TranslateAsync(OfflineInventory inventory, CancellationToken cancellation)
    {
        const string Name = "offline translates";
        const string Remedy = "install apertium and a pair such as apertium-eng-spa; its programs must be in PATH";
        if (inventory.Pairs.Count == 0)
            return Finding.Failed(Name, "apertium has no pair", Remedy);

        // Most pairs are of no use, since their source is not heard; those are listed, not tried.
        foreach (var pair in inventory.Pairs.Where(pair => inventory.Models.Any(model => model.Language == pair.From)))
        {
            await using var translator = new ApertiumTranslator(pair.Mode);
            var problem = await TryAsync(
                translator.Kill, async token => (await translator.TranslateAsync("one two three", token)).Length == 0 ? "an empty answer" : null, cancellation);
            if (problem is not null)
                return Finding.Failed(Name, $"apertium does not translate {pair.From} to {pair.To}: {problem}", Remedy);
        }

        return Finding.Ok(Name, string.Join(", ", inventory.Pairs.Select(pair => $"{pair.From} to {pair.To}")));
    }

    private static async Task<Finding> SpeakAsync(OfflineInventory inventory, CancellationToken cancellation)
    {
        const string Name = "offline speaks";
        const string Remedy = "install espeak-ng; its program must be in PATH";
        if (inventory.Voices is not { } count)
            return Finding.Failed(Name, "espeak-ng is not there", Remedy);
        foreach (var voice in inventory.Whole.Select(pair => pair.Voice!).Append("en").Distinct())
        {
            await using var speaker = new EspeakVoice(voice);
            var problem = await TryAsync(
                speaker.Kill, async token => (await speaker.SpeakAsync("1 2 3", token)).Length == 0 ? "silence" : null, cancellation);
            if (problem is not null)
                return Finding.Failed(Name, $"espeak-ng's voice {voice}: {problem}", Remedy);
        }

        return Finding.Ok(Name, $"espeak-ng, {count} languages");
    }

    /// <summary>What was wrong with an attempt; null where it worked.</summary>
    private static async Task<string?> TryAsync(Action kill, Func<CancellationToken, Task<string?>> attempt, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(_each, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            return await attempt(either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            kill();
            return $"no answer within {_each.TotalSeconds:0} s";
        }
        catch (Exception problem) when (problem is IOException or InvalidOperationException or FileNotFoundException)
        {
            kill();
            return problem.Message;
        }
    }
}
