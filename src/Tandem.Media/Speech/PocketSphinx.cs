using System.Runtime.InteropServices;

namespace Tandem.Media.Speech;

/// <summary>One recognised word.</summary>
/// <param name="Text">As the dictionary writes it, without the mark of a second pronunciation.</param>
/// <param name="Start">From the beginning of the utterance's sound.</param>
/// <param name="End">From the beginning of the utterance's sound.</param>
public sealed record RecognisedWord(string Text, TimeSpan Start, TimeSpan End);

/// <summary>
/// libpocketsphinx 0.8+5prealpha as Debian 12 has it: 16 kHz mono in, words with their times out. Lives in a process of its own.
/// </summary>
internal sealed partial class PocketSphinx : IDisposable
{
    private const string Library = "libpocketsphinx.so.3";
    private const string Base = "libsphinxbase.so.3";
    private const double FramesASecond = 100;

    // Without the second pass over the flat lexicon, which would only begin when the speaker has ended; else the library's defaults.
    private static readonly string[] s_speed = ["-fwdflat", "no", "-logfn", "/dev/null"];

    private readonly nint _decoder;

    /// <summary>Loads a model.</summary>
    /// <param name="model">Folder such as <c>/usr/share/pocketsphinx/model/en-us</c>.</param>
    /// <exception cref="InvalidOperationException">The model cannot be loaded.</exception>
    public PocketSphinx(string model)
    {
        var name = Path.GetFileName(model);
        string[] arguments =
        [
            "tandem", "-hmm", Path.Combine(model, name), "-lm", Path.Combine(model, name + ".lm.bin"),
            "-dict", Path.Combine(model, $"cmudict-{name}.dict"), .. s_speed,
        ];
        var configuration = ParseArguments(arguments);
        _decoder = configuration == 0 ? 0 : ps_init(configuration);
        if (_decoder == 0)
            throw new InvalidOperationException($"the model {model} cannot be loaded; install pocketsphinx-en-us");
    }

    /// <summary>Begins an utterance.</summary>
    public void Begin() => _ = ps_start_utt(_decoder);

    /// <summary>Hears more of it.</summary>
    /// <param name="samples">16 kHz mono.</param>
    public void Hear(ReadOnlySpan<short> samples) =>
        _ = ps_process_raw(_decoder, in MemoryMarshal.GetReference(samples), (nuint)samples.Length, 0, 0);

    /// <summary>Ends it and returns its words.</summary>
    public IReadOnlyList<RecognisedWord> End()
    {
        _ = ps_end_utt(_decoder);
        var words = new List<RecognisedWord>();
        var origin = -1;
        for (var segment = ps_seg_iter(_decoder); segment != 0; segment = ps_seg_next(segment))
        {
            var text = Marshal.PtrToStringUTF8(ps_seg_word(segment)) ?? "";
            ps_seg_frames(segment, out var first, out var last);

            // The library counts frames from the process's first utterance on; its first segment is this utterance's beginning.
            origin = origin < 0 ? first : origin;
            var variant = text.IndexOf('(', StringComparison.Ordinal);
            if (variant > 0)
                text = text[..variant];
            if (text.Length == 0 || text[0] is '<' or '[' or '+')
                continue;
            words.Add(new RecognisedWord(text, At(first - origin), At(last - origin + 1)));
        }

        return words;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = ps_free(_decoder);

    private static TimeSpan At(int frame) => TimeSpan.FromSeconds(frame / FramesASecond);

    private static nint ParseArguments(string[] arguments)
    {
        // The library keeps pointers into the arguments for as long as the process lives.
        var pointers = Array.ConvertAll(arguments, Marshal.StringToCoTaskMemUTF8);
        var block = Marshal.AllocCoTaskMem(pointers.Length * nint.Size);
        Marshal.Copy(pointers, 0, block, pointers.Length);
        return cmd_ln_parse_r(0, ps_args(), pointers.Length, block, 1);
    }

    [LibraryImport(Library)]
    private static partial nint ps_args();

    [LibraryImport(Base)]
    private static partial nint cmd_ln_parse_r(nint inout, nint definitions, int count, nint arguments, int strict);

    [LibraryImport(Library)]
    private static partial nint ps_init(nint configuration);

    [LibraryImport(Library)]
    private static partial int ps_start_utt(nint decoder);

    [LibraryImport(Library)]
    private static partial int ps_process_raw(nint decoder, in short samples, nuint count, int noSearch, int fullUtterance);

    [LibraryImport(Library)]
    private static partial int ps_end_utt(nint decoder);

    [LibraryImport(Library)]
    private static partial nint ps_seg_iter(nint decoder);

    [LibraryImport(Library)]
    private static partial nint ps_seg_next(nint segment);

    [LibraryImport(Library)]
    private static partial nint ps_seg_word(nint segment);

    [LibraryImport(Library)]
    private static partial void ps_seg_frames(nint segment, out int first, out int last);

    [LibraryImport(Library)]
    private static partial int ps_free(nint decoder);
}
