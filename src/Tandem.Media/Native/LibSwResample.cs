using System.Runtime.InteropServices;

namespace Tandem.Media.Native;

/// <summary>The few functions of libswresample 4 that Tandem calls.</summary>
internal static unsafe partial class LibSwResample
{
    public const string Name = "libswresample.so.4";

    [LibraryImport(Name)]
    public static partial uint swresample_version();

    [LibraryImport(Name)]
    public static partial int swr_alloc_set_opts2(
        void** context, AVChannelLayout* outLayout, int outFormat, int outRate, AVChannelLayout* inLayout, int inFormat, int inRate, int logOffset, void* log);

    [LibraryImport(Name)]
    public static partial int swr_init(void* context);

    [LibraryImport(Name)]
    public static partial int swr_convert(void* context, byte** output, int outCount, byte** input, int inCount);

    [LibraryImport(Name)]
    public static partial void swr_free(void** context);
}
