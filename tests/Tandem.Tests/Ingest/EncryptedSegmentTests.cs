using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Tandem.Live.Ingest;
using Xunit;

namespace Tandem.Tests.Ingest;

public sealed class EncryptedSegmentTests
{
    private static readonly byte[] s_key = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    private static readonly byte[] s_iv = [.. Enumerable.Range(100, 16).Select(value => (byte)value)];

    [Fact]
    public async Task Aes128IsDecryptedOverHttp()
    {
        var keyRequests = 0;
        await using var origin = await LocalOrigin.StartAsync(async context =>
        {
            var body = context.Request.Path.Value switch
            {
                "/live.m3u8" => Encoding.UTF8.GetBytes("""
                    #EXTM3U
                    #EXT-X-TARGETDURATION:1
                    #EXT-X-MEDIA-SEQUENCE:77
                    #EXT-X-KEY:METHOD=AES-128,URI="keys/1",IV=0x6465666768696a6b6c6d6e6f70717273
                    #EXT-X-MAP:URI="init.mp4"
                    #EXTINF:1,
                    77.m4s
                    #EXT-X-KEY:METHOD=AES-128,URI="keys/1"
                    #EXTINF:1,
                    78.m4s
                    #EXT-X-KEY:METHOD=NONE
                    #EXTINF:1,
                    79.m4s
                    #EXT-X-ENDLIST
                    """),
                "/keys/1" => s_key,
                "/init.mp4" => Encrypt("init", s_iv),
                "/77.m4s" => Encrypt("seventy-seven", s_iv),
                "/78.m4s" => Encrypt("seventy-eight, of more than one block", Number(78)),
                _ => Encoding.ASCII.GetBytes("clear"),
            };
            if (context.Request.Path == "/keys/1")
                Interlocked.Increment(ref keyRequests);
            await context.Response.Body.WriteAsync(body);
        });
        await using var follower = new SourceFollower(new SourceOptions { Input = origin.At("/live.m3u8"), Language = "en", AllowPrivate = true }, TimeProvider.System);
        var fetched = new List<SourceEvent.SegmentFetched>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await foreach (var what in follower.ReadAsync(patience.Token))
        {
            if (what is SourceEvent.SegmentFetched segment)
                fetched.Add(segment);
            if (what is SourceEvent.SourceEnded)
                break;
        }

        Assert.Equal(["seventy-seven", "seventy-eight, of more than one block", "clear"], fetched.Select(item => Encoding.ASCII.GetString(item.Data.Span)));
        Assert.All(fetched, item => Assert.Equal("init", Encoding.ASCII.GetString(item.Init.Span)));
        Assert.True(fetched[0].Init.Equals(fetched[2].Init), "the same memory while it does not change");
        Assert.Equal(1, keyRequests);
    }

    [Fact]
    public async Task AKeyThatChangesBehindItsAddressIsReadAgain()
    {
        var key = s_key;
        using var media = new MediaFetcher((request, _) => Task.FromResult(FetchOutcome.Found(request.Kind == FetchKind.Key ? key : Encrypt("sound", Number(5), key), request.Address)));
        Assert.Null((await media.FetchAsync(Segment("AES-128"), null, default)).Fault);
        key = [.. s_key.Reverse()];
        Assert.Equal("sound", Encoding.ASCII.GetString((await media.FetchAsync(Segment("AES-128"), null, default)).Data.Span));
    }

    /// <summary>An encoder that restarts with another format writes it under the same name; equal bytes stay the same memory.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public async Task AnInitSegmentIsReadAgainAfterABreak(long discontinuities, int incarnation)
    {
        var init = "first";
        var asked = 0;
        using var media = new MediaFetcher((request, _) =>
        {
            asked += request.Kind == FetchKind.Init ? 1 : 0;
            return Task.FromResult(FetchOutcome.Found(Encoding.ASCII.GetBytes(init), request.Address));
        });
        var id = new PlaylistId(PlaylistKind.Single, "single");
        var segment = Segment("NONE") with { Keys = [], Map = new MediaMap(new Uri("https://live.example/init.mp4"), null) };
        async Task<ReadOnlyMemory<byte>> Init(long sequence, int times) =>
            (await media.FetchAsync(segment with { DiscontinuitySequence = sequence }, null, default, new SourceStretch(id, times))).Init;

        var before = await Init(0, 0);
        Assert.True(before.Equals(await Init(0, 0)));
        Assert.Equal(1, asked);
        Assert.True(before.Equals(await Init(discontinuities, incarnation)), "equal bytes are the same memory");
        Assert.Equal(2, asked);

        // Not every packager counts the discontinuities that have left its list: the number may fall back.
        init = "second";
        Assert.Equal("second", Encoding.ASCII.GetString((await Init(0, 0)).Span));
        Assert.Equal("second", Encoding.ASCII.GetString((await Init(0, 0)).Span));
        Assert.Equal(3, asked);
    }

    [Theory]
    [InlineData(15, "bad_key")]
    [InlineData(17, "bad_key")]
    [InlineData(32, "bad_key")]
    public async Task AKeyOfAnotherLengthIsRefused(int length, string reason)
    {
        using var media = new MediaFetcher((request, _) => Task.FromResult(FetchOutcome.Found(new byte[length], request.Address)));
        Assert.Equal(reason, (await media.FetchAsync(Segment("AES-128"), null, default)).Fault!.Reason);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(160)]
    public async Task WhatDoesNotDecryptIsAFault(int length)
    {
        using var media = new MediaFetcher((request, _) => Task.FromResult(FetchOutcome.Found(request.Kind == FetchKind.Key ? s_key : new byte[length], request.Address)));
        Assert.Equal(("segment", "bad_decryption"), (await media.FetchAsync(Segment("AES-128"), null, default)).Fault is { } fault ? (fault.Stage, fault.Reason) : default);
    }

    [Theory]
    [InlineData("SAMPLE-AES", null, "sample_aes")]
    [InlineData("SAMPLE-AES", "identity", "sample_aes")]
    [InlineData("SAMPLE-AES-CTR", "identity", "sample_aes")]
    [InlineData("SAMPLE-AES", "com.apple.streamingkeydelivery", "drm")]
    [InlineData("SAMPLE-AES-CTR", "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed", "drm")]
    [InlineData("AES-128", "com.apple.streamingkeydelivery", "drm")]
    [InlineData("AES-256-GCM", null, "drm")]
    public async Task WhatIsNotOpenedIsRefusedWithoutAsking(string method, string? format, string reason)
    {
        using var media = new MediaFetcher((_, _) => throw new InvalidOperationException("asked"));
        var fault = (await media.FetchAsync(Segment(method, format), null, default)).Fault!;
        Assert.Equal(("key", reason, false), (fault.Stage, fault.Reason, fault.Retry));
    }

    private static MediaSegment Segment(string method, string? format = null)
    {
        var attributes = AttributeList.Empty.With("METHOD", method, quoted: false);
        if (format is not null)
            attributes = attributes.With("KEYFORMAT", format, quoted: true);
        var key = new MediaKey(method, new Uri("https://live.example/key"), null, attributes);
        return new MediaSegment(5, 0, new Uri("https://live.example/5.ts"), TimeSpan.FromSeconds(2), "", null, null, [key], null, false, false, []);
    }

    private static byte[] Encrypt(string text, byte[] iv, byte[]? key = null)
    {
        using var aes = Aes.Create();
        aes.Key = key ?? s_key;
        return aes.EncryptCbc(Encoding.ASCII.GetBytes(text), iv);
    }

    private static byte[] Number(long sequence)
    {
        var iv = new byte[16];
        BinaryPrimitives.WriteInt64BigEndian(iv.AsSpan(8), sequence);
        return iv;
    }
}
