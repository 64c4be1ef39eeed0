using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tandem.Operations.Load;
using Xunit;

namespace Tandem.Tests.Load;

/// <summary>How the channel is found at a server's root: one that lists it to those with a token, below a path.</summary>
public sealed class LoadTargetTests : IAsyncLifetime
{
    private const string Token = "header.claims.signature";

    private readonly ConcurrentQueue<string> _asked = new();
    private WebApplication _app = null!;
    private string _server = "";

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Run(AnswerAsync);
        await _app.StartAsync();
        _server = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    [Theory]
    [InlineData("", Token, "/v1/channels", "/live/news/master.m3u8")]
    [InlineData("/", Token, "/v1/channels", "/live/news/master.m3u8")]
    [InlineData("/tv/de", Token, "/tv/de/v1/channels", "/tv/de/live/news/master.m3u8")]
    [InlineData("/tv/de/", Token, "/tv/de/v1/channels", "/tv/de/live/news/master.m3u8")]
    [InlineData("/tv?token=" + Token, null, "/tv/v1/channels?token=" + Token, "/tv/live/news/master.m3u8?token=" + Token)]
    public async Task The_only_channel_is_found_below_the_root_with_the_token(string root, string? token, string asked, string master)
    {
        var (target, problem, _) = await FindAsync(root, token);
        Assert.Null(problem);
        Assert.Equal(asked, Assert.Single(_asked));
        Assert.Equal(master, target!.Master.PathAndQuery);
        Assert.Equal(master.Replace("/live/news/master.m3u8", "/ws/live/news", StringComparison.Ordinal), target.Socket!.PathAndQuery);
    }

    [Theory]
    [InlineData("/tv", null)]
    [InlineData("/tv", "another")]
    [InlineData("/tv?token=another", null)]
    public async Task Without_the_right_token_that_is_said_and_none_repeated(string root, string? token)
    {
        var (target, problem, wrong) = await FindAsync(root, token);
        Assert.Null(target);
        Assert.False(wrong);
        Assert.Equal($"{_server}/tv/v1/channels answers 401; give a viewer's token with --token", problem);
    }

    private Task<(LoadTarget? Target, string? Problem, bool WrongCall)> FindAsync(string root, string? token) =>
        LoadTarget.FindAsync(new LoadOptions { Url = new Uri(_server + root), Token = token }, TimeProvider.System, CancellationToken.None);

    private async Task AnswerAsync(HttpContext context)
    {
        _asked.Enqueue(context.Request.Path + context.Request.QueryString);
        if (context.Request.Headers.Authorization != $"Bearer {Token}" && context.Request.Query["token"] != Token)
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        else
            await context.Response.WriteAsync("""{"channels":[{"id":"news"}]}""");
    }
}
