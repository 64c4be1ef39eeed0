using System.Runtime.InteropServices;

namespace Tandem.Media.Native;

/// <summary>The few functions of libavfilter 8 that Tandem calls.</summary>
internal static unsafe partial class LibAvFilter
{
    public const string Name = "libavfilter.so.8";

    [LibraryImport(Name)]
    public static partial uint avfilter_version();

    [LibraryImport(Name)]
    public static partial void* avfilter_graph_alloc();

    [LibraryImport(Name)]
    public static partial void avfilter_graph_free(void** graph);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint avfilter_get_by_name(string name);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int avfilter_graph_create_filter(void** filter, nint kind, string name, string arguments, void* opaque, void* graph);

    [LibraryImport(Name)]
    public static partial int avfilter_link(void* from, uint fromPad, void* to, uint toPad);

    [LibraryImport(Name)]
    public static partial int avfilter_graph_config(void* graph, void* log);

    [LibraryImport(Name)]
    public static partial int av_buffersrc_write_frame(void* source, AVFrame* frame);

    [LibraryImport(Name)]
    public static partial int av_buffersink_get_frame(void* sink, AVFrame* frame);
}
