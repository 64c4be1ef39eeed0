using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Tandem.Media;
using Tandem.Media.Native;
using Tandem.Media.Sandbox;
using Xunit;

namespace Tandem.MediaTests.Media;

/// <summary>The bindings against the C headers of the very packages that are installed.</summary>
public partial class StructsTests
{
    private const string Headers = "/usr/include/x86_64-linux-gnu";

    [Fact]
    public void Each_bound_field_stands_where_the_headers_put_it()
    {
        Assert.SkipUnless(File.Exists($"{Headers}/libavcodec/avcodec.h") && File.Exists("/usr/bin/gcc"), "no libavcodec-dev or no gcc");
        var fields = typeof(AVFrame).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(AVFrame).Namespace && type.Name.StartsWith("AV", StringComparison.Ordinal) && type.IsValueType)
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Instance).Select(field => (Type: type, Field: field)))
            .ToList();
        Assert.True(fields.Count > 30);

        var program = new StringBuilder("#include <stddef.h>\n#include <stdio.h>\n#include <libavcodec/avcodec.h>\n#include <libavformat/avformat.h>\n#include <libavutil/opt.h>\nint main(void){\n");
        foreach (var (type, field) in fields)
            program.AppendLine(CultureInfo.InvariantCulture, $"printf(\"%zu %zu\\n\",offsetof({type.Name},{field.Name}),sizeof((({type.Name}*)0)->{field.Name}));");
        foreach (var (name, _) in Constants)
            program.AppendLine(CultureInfo.InvariantCulture, $"printf(\"%lld\\n\",(long long){name});");
        program.AppendLine("return 0;}");

        using var media = new Generated();
        File.WriteAllText(media["offsets.c"], program.ToString());
        Generated.Run("gcc", "-w -o offsets offsets.c", media.Folder);
        var lines = Generated.Run(media["offsets"], "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < fields.Count; i++)
        {
            var (type, field) = fields[i];
            var bound = $"{Marshal.OffsetOf(type, field.Name)} {(field.FieldType.IsPointer ? 8 : Marshal.SizeOf(field.FieldType))}";
            Assert.True(lines[i] == bound, $"{type.Name}.{field.Name}: bound at {bound}, headers say {lines[i]}");
        }

        for (var i = 0; i < Constants.Length; i++)
            Assert.Equal((Constants[i].Name, lines[fields.Count + i]), (Constants[i].Name, Constants[i].Value.ToString(CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", true)]
    [InlineData("/usr/include/asm-generic/unistd.h", false)]
    public void Each_denied_system_call_has_the_kernels_number(string header, bool x64)
    {
        Assert.SkipUnless(File.Exists(header), "no linux-libc-dev");
        var numbers = Define().Matches(File.ReadAllText(header))
            .GroupBy(match => match.Groups["name"].Value)
            .ToDictionary(group => group.Key, group => int.Parse(group.First().Groups["number"].Value, CultureInfo.InvariantCulture));
        var compared = 0;
        foreach (var (name, x, arm) in Syscalls.Table)
        {
            if (!numbers.TryGetValue(name, out var number))
                continue;
            var bound = x64 ? x : arm;

            // asm-generic still names a few calls that AArch64 leaves out.
            if (bound < 0 && !x64)
                continue;
            Assert.Equal((name, number), (name, bound));
            compared++;
        }

        Assert.InRange(compared, 80, 200);
    }

    [Fact]
    public void The_libraries_say_who_they_are()
    {
        var libraries = MediaLibraries.Check();
        Assert.Null(libraries.Problem);
        Assert.StartsWith("5.1", libraries.FFmpeg, StringComparison.Ordinal);
        Assert.All(libraries.All, library => Assert.NotNull(library.Version));
    }

    private static readonly (string Name, long Value)[] Constants =
    [
        ("AV_SAMPLE_FMT_FLT", LibAvUtil.SampleFormatFloat),
        ("AV_SAMPLE_FMT_FLTP", LibAvUtil.SampleFormatFloatPlanar),
        ("AV_LOG_QUIET", LibAvUtil.LogQuiet),
        ("AV_OPT_SEARCH_CHILDREN", LibAvUtil.OptSearchChildren),
        ("AVERROR(EAGAIN)", LibAvUtil.Again),
        ("AVERROR_EOF", LibAvUtil.EndOfFile),
        ("AV_INPUT_BUFFER_PADDING_SIZE", LibAvUtil.InputPadding),
        ("AVSEEK_SIZE", LibAvFormat.SeekSize),
        ("AVFMT_TS_DISCONT", LibAvFormat.TimesMayJump),
        ("AVFMT_FLAG_CUSTOM_IO", LibAvFormat.FlagCustomIo),
        ("AVFMT_FLAG_BITEXACT", LibAvFormat.FlagBitExact),
        ("AV_CODEC_ID_AAC", LibAvFormat.CodecAac),
        ("AV_CODEC_ID_MOV_TEXT", LibAvFormat.CodecMovText),
        ("AV_CODEC_ID_SUBRIP", LibAvFormat.CodecSubRip),
        ("AV_CODEC_FLAG_BITEXACT", LibAvCodec.FlagBitExact),
        ("AV_CODEC_FLAG_GLOBAL_HEADER", LibAvCodec.FlagGlobalHeader),
        ("AV_CODEC_FLAG2_SKIP_MANUAL", LibAvCodec.Flag2SkipManual),
        ("AV_LOG_WARNING", LibAvUtil.LogWarning),
        ("AVERROR_EXIT", LibAvUtil.Interrupted),
        ("AVERROR_INVALIDDATA", LibAvUtil.InvalidData),
        ("AVERROR(EIO)", LibAvUtil.InputOutputError),
        ("AVMEDIA_TYPE_VIDEO", LibAvUtil.MediaPicture),
        ("AVMEDIA_TYPE_AUDIO", LibAvUtil.MediaSound),
        ("AVDISCARD_ALL", LibAvUtil.DiscardAll),
        ("AV_PKT_FLAG_KEY", LibAvCodec.PacketKey),
        ("AV_PKT_FLAG_DISCARD", LibAvCodec.PacketDiscard),
        ("AV_CODEC_ID_H264", LibAvCodec.IdH264),
        ("AV_CODEC_ID_HEVC", LibAvCodec.IdHevc),
        ("AV_CODEC_ID_AV1", LibAvCodec.IdAv1),
        ("AV_CODEC_ID_VP9", LibAvCodec.IdVp9),
        ("AV_CODEC_ID_MP1", LibAvCodec.IdMp1),
        ("AV_CODEC_ID_MP2", LibAvCodec.IdMp2),
        ("AV_CODEC_ID_MP3", LibAvCodec.IdMp3),
        ("AV_CODEC_ID_AAC", LibAvCodec.IdAac),
        ("AV_CODEC_ID_AAC_LATM", LibAvCodec.IdAacLatm),
        ("AV_CODEC_ID_AC3", LibAvCodec.IdAc3),
        ("AV_CODEC_ID_EAC3", LibAvCodec.IdEac3),
        ("AV_CODEC_ID_FLAC", LibAvCodec.IdFlac),
        ("AV_CODEC_ID_OPUS", LibAvCodec.IdOpus),
        ("AVIO_FLAG_READ", LibAvFormat.IoRead),
        ("AVFMT_FLAG_GENPTS", LibAvFormat.FlagGeneratePts),
        ("AVFMT_FLAG_BITEXACT", LibAvFormat.FlagBitExact),
        ("AVSEEK_SIZE", LibAvFormat.SeekSize),
        ("AV_DISPOSITION_ATTACHED_PIC", LibAvFormat.DispositionAttachedPicture),
    ];

    [GeneratedRegex(@"#define __NR(3264)?_(?<name>\w+) (?<number>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Define();
}
