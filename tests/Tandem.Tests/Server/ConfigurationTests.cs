using System.Net;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Ingest;
using Tandem.Server.Access;
using Tandem.Server.Configuration;
using Tandem.Server.Telemetry;
using Xunit;

namespace Tandem.Tests.Server;

public sealed class ConfigurationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-config-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_mistake_is_reported_at_once_with_its_place_and_a_remedy()
    {
        var mistakes = Load(
            """
            port: 99999
            lisen: 0.0.0.0
            channels:
              - id: news
                input: http//example.com/x.m3u8?token=SECRET
                from: english
                to: [es, qq]
                delay: 500ms
              - id: news
                input: ftp://user:SECRET@example.com/a
                from: en
                to: en
                delay: 8
                video: both
                background_level: loud
                carry_memory: 256
                default_voice: xx
                headers:
                  "bad name": SECRET
              - id: ../etc
                from: en
                to: []
            """,
            environment: new() { ["TANDEM__CHANNELS__0__ENGNE"] = "echo", ["TANDEM__CHANNELS__7__DELAY"] = "9s", ["TANDEM__LOG_LEVEL"] = "loud" },
            channels: ["id=two,input=https://example.com/a,b.m3u8,from=en,to=es+es,voice_bit_rate=9",
                "id=three,input=https://user:SECRET@example.com/a,SECRET,from=en,to=es,engine=tone"]).Mistakes;

        Has(mistakes, "FILE:1", "port: \"99999\" is no port");
        Has(mistakes, "FILE:2", "lisen is no setting; did you mean listen?");
        Has(mistakes, "FILE:5", "channel news: input: \"http//example.com/x.m3u8?…\" is no address", "https://");
        Has(mistakes, "FILE:6", "channel news: from: \"english\" is no language", "such as en");
        Has(mistakes, "FILE:7", "channel news: to: \"qq\" is no language");
        Has(mistakes, "FILE:8", "channel news: delay: 500ms is out of range; use 1.5s to 5m");
        Has(mistakes, "FILE:9", "channel news: another one has this id (FILE:4)");
        Has(mistakes, "FILE:10", "input: \"ftp://…@example.com/a\" is no address");
        Has(mistakes, "FILE:12", "to: en is the source language");
        Has(mistakes, "FILE:13", "delay: \"8\" has no unit", "8s");
        Has(mistakes, "FILE:14", "video: \"both\" is not known; use auto, reference or carry");
        Has(mistakes, "FILE:15", "background_level: \"loud\" is no level", "-18dB");
        Has(mistakes, "FILE:16", "carry_memory: \"256\" is no size", "256MiB");
        Has(mistakes, "FILE:17", "default_voice: \"xx\" is no language");
        Has(mistakes, "FILE:19", "headers: \"bad name\" is no name of a header");
        Has(mistakes, "FILE:20", "id: \"../etc\" is no id");
        Has(mistakes, "FILE:20", "channel ../etc: input: is missing");
        Has(mistakes, "FILE:22", "to: names 0 languages");
        Has(mistakes, "TANDEM__CHANNELS__0__ENGNE", "engne is no setting; did you mean engine?");
        Has(mistakes, "TANDEM__CHANNELS__7__DELAY", "\"7\" is no entry of the list; it has 3");
        Has(mistakes, "TANDEM__LOG_LEVEL", "log_level: \"loud\" is not known; use debug");
        Has(mistakes, "--channel two", "the part after input=… is not of the form name=value", "%2C");
        Has(mistakes, "--channel two", "to: names es twice");
        Has(mistakes, "--channel two", "voice_bit_rate: \"9\" is no bit rate");
        Has(mistakes, "--channel three", "input: \"https://…@example.com/a\" holds a user name or password", "Authorization: Basic");
        Has(mistakes, "--channel three", "the part after input=… is not of the form name=value");
        Assert.DoesNotContain(mistakes, mistake => mistake.ToString().Contains("SECRET", StringComparison.Ordinal));
        Assert.DoesNotContain(mistakes, mistake => mistake.ToString().Contains('\n', StringComparison.Ordinal));
    }

    [Fact]
    public void Values_have_units_and_take_their_places()
    {
        var options = Load(
            """
            listen: 0.0.0.0
            public_url: https://dub.example.com/tandem
            channels:
              - id: news
                input: https://example.com/live/master.m3u8?token=a=b,c
                from: EN
                to: [es, pt-br]
                delay: 1.5s
                engine: tone
                allow_private: true
                background_level: -20.5dB
                max_onset_lag: 2m
            """.Replace("2m", "1m", StringComparison.Ordinal)).Options;

        Assert.NotNull(options);
        Assert.Equal(IPAddress.Any, options.Listen);
        Assert.Equal(8080, options.Port);
        Assert.Equal("https://dub.example.com/tandem/", options.PublicUrl?.AbsoluteUri);
        var channel = Assert.Single(options.Channels).Options;
        Assert.Equal("https://example.com/live/master.m3u8?token=a=b,c", channel.Input.AbsoluteUri);
        Assert.Equal("en", channel.From);
        Assert.Equal(["es", "pt-BR"], channel.To);
        Assert.Equal(TimeSpan.FromSeconds(1.5), channel.Delay);
        Assert.Equal(-20.5, channel.BackgroundLevel);
        Assert.Equal(TimeSpan.FromMinutes(1), channel.MaxOnsetLag);
        Assert.True(channel.AllowPrivate);
        Assert.Equal(128_000, channel.VoiceBitRate);
    }

    [Fact]
    public void A_channel_can_be_given_whole_on_the_command_line()
    {
        var options = Load(null, channels: ["id=news,input=http://127.0.0.1:1/x.m3u8?sig=a==&b=%2C,from=en,to=es+fr,delay=500ms,engine=echo,video=auto,allow_private=true".Replace("500ms", "90s", StringComparison.Ordinal)]).Options;
        var channel = Assert.Single(options!.Channels).Options;
        Assert.Equal("http://127.0.0.1:1/x.m3u8?sig=a==&b=%2C", channel.Input.AbsoluteUri);
        Assert.Equal(["es", "fr"], channel.To);
        Assert.Equal(TimeSpan.FromSeconds(90), channel.Delay);
        Assert.True(channel.AllowPrivate);
    }

    [Fact]
    public void The_environment_goes_before_the_file_and_may_add_a_channel()
    {
        var options = Load(
            "channels:\n  - {id: news, input: 'https://a.example/', from: en, to: [es], engine: tone}\n",
            environment: new()
            {
                ["tandem__channels__0__delay"] = "5s",
                ["TANDEM__CHANNELS__0__TO"] = "fr+de",
                ["TANDEM__CHANNELS__0__HEADERS__Cookie"] = "a=b",
                ["TANDEM__CHANNELS__1__ID"] = "sport",
                ["TANDEM__CHANNELS__1__INPUT"] = "https://b.example/",
                ["TANDEM__CHANNELS__1__FROM"] = "en",
                ["TANDEM__CHANNELS__1__TO__0"] = "es",
                ["TANDEM__CHANNELS__1__ENGINE"] = "echo",
                ["TANDEM_TEST_MEDIA"] = "/x",
            }).Options!;
        Assert.Equal(TimeSpan.FromSeconds(5), options.Channels[0].Options.Delay);
        Assert.Equal(["fr", "de"], options.Channels[0].Options.To);
        Assert.Equal("a=b", options.Channels[0].Options.Headers["Cookie"]);
        Assert.Equal("sport", options.Channels[1].Options.Id);
        Assert.Equal(["es"], options.Channels[1].Options.To);
    }

    [Theory]
    [InlineData(null, null, null, 7000)]
    [InlineData("7001", null, null, 7001)]
    [InlineData("7001", "7002", null, 7002)]
    [InlineData("7001", "7002", "7003", 7003)]
    public void The_port_comes_from_the_nearest_source(string? port, string? tandemPort, string? argument, int expected)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        if (port is not null)
            environment["PORT"] = port;
        if (tandemPort is not null)
            environment["TANDEM__PORT"] = tandemPort;
        Assert.Equal(expected, Load("port: 7000\nchannels: []\n", environment, port: argument).Options!.Port);
    }

    [Fact]
    public void An_engine_that_cannot_be_had_says_what_can()
    {
        var mistakes = Load("channels:\n  - {id: a, input: 'https://a.example/', from: en, to: [es], engine: siri}\n").Mistakes;
        Has(mistakes, "FILE:2", "channel a: engine: engine \"siri\" is not known; known are offline, echo, tone");
    }

    [Theory]
    [InlineData("push", "push:", "push")]
    [InlineData("PUSH", "push:", "push")]
    [InlineData("https://a.example/x.m3u8?token=SECRET", "https://a.example/x.m3u8?token=SECRET", "https://a.example/x.m3u8")]
    [InlineData("rtmp://0.0.0.0:1935/live/SECRET", "rtmp://0.0.0.0:1935/live/SECRET", "rtmp://0.0.0.0:1935/live/…")]
    [InlineData("srt://:9000?passphrase=SECRETSECRET", "srt://0.0.0.0:9000?passphrase=SECRETSECRET", "srt://0.0.0.0:9000")]
    [InlineData("udp://@239.1.1.1:5004", "udp://239.1.1.1:5004", "udp://239.1.1.1:5004")]
    public void Sources_come_in_many_ways_and_their_secrets_are_not_shown(string input, string expected, string shown)
    {
        var address = Read(input);
        Assert.Equal(expected, address.OriginalString);
        Assert.Equal(shown, SourceAddress.Shown(address).TrimEnd('/'));
    }

    [Theory]
    [InlineData("/PATH")]
    [InlineData("file:/PATH")]
    [InlineData("file:///PATH")]
    public void A_file_may_have_any_name(string form)
    {
        var path = Path.Combine(_folder, "a b#c?d%41ü.mp4");
        File.WriteAllText(path, "");
        var address = Read(form.Replace("/PATH", path, StringComparison.Ordinal));
        Assert.Equal(path, address.LocalPath);
        Assert.Equal("file:a b#c?d%41ü.mp4", SourceAddress.Shown(address));
    }

    [Theory]
    [InlineData("/no/such.mp4", "there is no file \"/no/such.mp4\"")]
    [InlineData("/etc", "\"/etc\" is a folder")]
    [InlineData("file:", "names no file")]
    [InlineData("gopher://a.example/x", "gopher is not known; known are http, https, push, file, rtmp, srt and udp")]
    [InlineData("rtmp://0.0.0.0:99999/live/SECRET", "rtmp://")]
    [InlineData("rtmp://0.0.0.0:1935/SECRET", "APPLICATION/KEY")]
    [InlineData("srt://0.0.0.0", "the port is missing")]
    [InlineData("srt://:9000?passphrase=SECRET", "10 to 79 characters")]
    [InlineData("srt://:9000?mode=caller", "mode=caller")]
    [InlineData("udp://not.an.address.invalid:5004", "no address of this machine")]
    [InlineData("pusch", "is no address of a source")]
    public void An_input_that_cannot_be_is_one_clear_line(string input, string problem)
    {
        var mistake = Assert.Single(Load(null, channels: [$"id=a,input={input},from=en,to=es,engine=tone"]).Mistakes);
        Assert.Contains(problem, mistake.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", mistake.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', mistake.Problem);
    }

    [Fact]
    public void What_has_no_address_cannot_be_referred_to() => Has(
        Load(null, channels: ["id=a,input=push,from=en,to=es,engine=tone,video=reference"]).Mistakes,
        "--channel a", "video: reference needs a source that viewers can fetch");

    [Fact]
    public void Operators_are_known_by_hashes_of_their_keys()
    {
        const string Hash = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        var options = Load($"operator_keys: [{Hash}, {Hash.ToUpperInvariant()}]\nchannels: []\n").Options!;
        Assert.Equal(System.Security.Cryptography.SHA256.HashData("hello"u8), options.OperatorKeys[0].AsSpan());
        Assert.Equal(options.OperatorKeys[0].AsSpan(), options.OperatorKeys[1].AsSpan());
        foreach (var wrong in new[] { "SECRET", "sha256:SECRET", "md5:" + new string('0', 64), Hash + "+SECRET" })
        {
            var mistakes = Load($"operator_keys: {wrong}\nchannels: []\n").Mistakes;
            Has(mistakes, "FILE:1", "operator_keys: entry", "is no hash of a key", "sha256sum");
            Assert.DoesNotContain(mistakes, mistake => mistake.Problem.Contains("SECRET", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("128MiB", 128L << 20, null)]
    [InlineData("4GiB", 4L << 30, null)]
    [InlineData("8MiB", 0, "out of range; use 16MiB to 4GiB")]
    [InlineData("200", 0, "is no size")]
    [InlineData("much", 0, "is no size")]
    public void Sizes_have_units(string text, long bytes, string? problem)
    {
        var parsed = Settings.PushMemory.Parse(text);
        Assert.Equal(bytes, parsed.Value);
        Assert.Equal(problem is null, parsed.Problem is null);
        Assert.Contains(problem ?? "", parsed.Problem ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_voice_is_one_that_is_there()
    {
        const string Channel = "channels:\n  - {id: a, input: 'https://a.example/', from: en, to: [es, fr], engine: tone, default_voice: VOICE}\n";
        Has(Load(Channel.Replace("VOICE", "de", StringComparison.Ordinal)).Mistakes, "FILE:2", "default_voice: de is not dubbed; use one of es, fr, or original");
        Assert.Empty(Load(Channel.Replace("VOICE", "original", StringComparison.Ordinal)).Mistakes);
        Assert.Empty(Load(Channel.Replace("VOICE", "FR", StringComparison.Ordinal)).Mistakes);
    }

    [Fact]
    public void Broken_and_missing_files_are_mistakes_of_one_line()
    {
        Has(Load("channels: [\n").Mistakes, "FILE:", "is no YAML");
        Has(Load("- a\n- b\n").Mistakes, "FILE:1", "is no list of settings");
        Has(Load("port: 1\nport: 2\nchannels: []\n").Mistakes, "FILE:", "port");
        var missing = ConfigurationLoader.Load(new ConfigurationSources { File = Path.Combine(_folder, "no.yaml") }, EngineCatalogue.Resolve).Mistakes;
        Assert.Equal("there is no such file; give --config the path of one, or copy tandem.example.yaml", Assert.Single(missing).Problem);
        Assert.Contains("there is no channel", Assert.Single(Load("port: 1\n").Mistakes).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Aliases_cannot_blow_a_file_up()
    {
        var lines = Enumerable.Range(1, 12).Select(level => $"x{level}: &x{level} [{string.Join(',', Enumerable.Repeat($"*x{level - 1}", 9))}]");
        Has(Load("x0: &x0 [1]\n" + string.Join('\n', lines) + "\n").Mistakes, "FILE:", "too large or too deep");
    }

    /// <summary>Found by fuzzing: the YAML library throws more than its own exceptions, and its stack has an end.</summary>
    [Theory]
    [InlineData("a: !<::> b\n", "is no YAML: Global tags must be valid URIs")]
    [InlineData("[", "too large or too deep", 200_000)]
    [InlineData("{a: ", "too large or too deep", 20_000)]
    [InlineData("- ", "too large or too deep", 200_000)]
    public void What_the_library_stumbles_over_is_a_mistake_of_one_line(string text, string expected, int times = 1)
    {
        var mistake = Assert.Single(Load(string.Concat(Enumerable.Repeat(text, times))).Mistakes);
        Assert.Contains(expected, mistake.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', mistake.ToString());
    }

    [Fact]
    public void The_example_is_a_configuration_and_names_every_setting()
    {
        var text = Checkout.Read("tandem.example.yaml");
        var loaded = ConfigurationLoader.Load(
            new ConfigurationSources { File = Path.Combine(Checkout.Root, "tandem.example.yaml") },
            (_, _, _) => EngineChoice.Of(_ => throw new InvalidOperationException()));
        Assert.Empty(loaded.Mistakes);
        foreach (var setting in AllSettings)
            Assert.Matches($@"(?m)^[\s#-]*{setting.Name}:", text);

        // What is commented out is meant to show defaults: with all of it, but for what has none, nothing changes.
        var shown = string.Join('\n', text.Split('\n').Select(line => line.Replace("# ", "", StringComparison.Ordinal)).Where(IsSetting)) + "\n";
        var all = ConfigurationLoader.Load(
            new ConfigurationSources { File = Write(shown) },
            (_, _, _) => EngineChoice.Of(_ => throw new InvalidOperationException()));
        Assert.Empty(all.Mistakes);
        Assert.Equal(
            loaded.Options! with { Channels = [] },
            all.Options! with { Channels = [], PublicUrl = null, Page = null, OperatorKeys = [], Access = AccessOptions.None, Telemetry = TelemetryOptions.None });
        Assert.Equal(
            TelemetryOptions.None,
            all.Options!.Telemetry with { Endpoint = null, Headers = TelemetryOptions.None.Headers, Resource = TelemetryOptions.None.Resource });
        Assert.Equal(
            AccessOptions.None,
            all.Options!.Access with
            {
                Secrets = [],
                KeysUrl = null,
                Issuer = null,
                Audience = null,
                PremiumLanguages = [],
                TicketSecrets = [],
                CdnSecret = null,
                AdminPort = null,
                TrustedProxies = [],
                EmbedOrigins = [],
            });
        var (plain, full) = (loaded.Options!.Channels[0].Options, all.Options!.Channels[0].Options);
        Assert.Equal(plain with { To = [], Headers = full.Headers }, full with { To = [], DefaultVoice = null, Page = null });

        static bool IsSetting(string line) => System.Text.RegularExpressions.Regex.IsMatch(line, "^ *(- )?[a-zA-Z_]+:( |$)");
    }

    [Fact]
    public void The_document_lists_each_setting_as_the_code_has_it()
    {
        var rows = Checkout.TableRows("docs/configuration.md").Select(cells => string.Join(" | ", cells[..4]).Replace("`", "", StringComparison.Ordinal));
        var code = AllSettings
            .Select(setting => $"{setting.Name} | {setting.Unit} | {setting.DefaultText} | {setting.Range}".Replace("`", "", StringComparison.Ordinal));
        Assert.Equal(code, rows);
    }

    [Fact]
    public void What_the_settings_say_of_themselves_is_true()
    {
        foreach (var (setting, value) in new (Setting<TimeSpan>, TimeSpan)[] { (Settings.Delay, new ChannelOptions { Id = "", Input = null!, From = "", To = [] }.Delay), (Settings.MaxOnsetLag, TimeSpan.FromSeconds(10)) })
        {
            Assert.Equal(value, setting.Parse(setting.DefaultText).Value);
            var range = setting.Range.Split(" to ");
            Assert.All(range, edge => Assert.Null(setting.Parse(edge).Problem));
        }

        Assert.Equal(Settings.BackgroundLevel.Default, Settings.BackgroundLevel.Parse(Settings.BackgroundLevel.DefaultText).Value);
        Assert.Equal(Settings.VoiceBitRate.Default, Settings.VoiceBitRate.Parse(Settings.VoiceBitRate.DefaultText).Value);
    }

    private static IEnumerable<Setting> AllSettings =>
        [.. Settings.OfServer, .. Settings.OfChannel, .. FaultSettings.All, .. AccessSettings.All, .. LimitSettings.OfLimits, .. LimitSettings.OfAdmission, .. TelemetrySettings.All];

    private Uri Read(string input) =>
        Assert.Single(Load(null, channels: [$"id=a,input={input},from=en,to=es,engine=tone"]).Options!.Channels).Options.Input;

    [Fact]
    public void Faults_on_demand_are_read_wherever_they_stand()
    {
        Assert.False(Load("channels: []\n").Options!.Faults.Any);
        Assert.False(Load("channels: []\nfaults:\n  seed: 7\n").Options!.Faults.Any);
        var faults = Load(
            "channels: []\nfaults:\n  worker_crash: 0.25\n  decode_slow_by: 500ms\n",
            environment: new() { ["TANDEM__Faults__Speak_Hang"] = "1", ["tandem__faults__SEED"] = "-3" }).Options!.Faults;
        Assert.True(faults.Any);
        Assert.Equal((0.25, TimeSpan.FromMilliseconds(500), 1.0, -3), (faults.WorkerCrash, faults.DecodeSlowBy, faults.Speak.Hang, faults.Seed));
        var mistakes = Load("channels: []\nfaults:\n  worker_crash: 2\n  fetch_slow_by: 3\n  worker_crush: 1\n").Mistakes;
        Has(mistakes, "FILE:3", "faults: worker_crash: \"2\" is no share; use 0 to 1");
        Has(mistakes, "FILE:4", "faults: fetch_slow_by: \"3\" has no unit");
        Has(mistakes, "FILE:5", "faults: worker_crush is no setting; did you mean worker_crash?");
        Has(Load("channels: []\nfaults: all\n").Mistakes, "FILE:2", "faults: is no list of settings");
    }

    [Fact]
    public void Faults_on_demand_strike_channels_that_there_are()
    {
        const string Faults = "faults:\n  worker_crash: 1\n  after: 1m\n  lasting: 30s\n  channels: ";
        string[] channels = ["id=a,input=https://a.example/,from=en,to=es,engine=tone", "id=b,input=https://a.example/,from=en,to=es,engine=tone"];
        var faults = Load(Faults + "a+b\n", channels: channels).Options!.Faults;
        Assert.Equal(["a", "b"], faults.Channels);
        Assert.Equal((TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(30)), (faults.After, faults.Lasting));
        Has(Load(Faults + "a+c\n", channels: channels).Mistakes, "FILE", "faults: channels: there is no channel c; name one of a, b");
        Has(Load(Faults + "a b\n", channels: channels).Mistakes, "FILE:5", "faults: channels: \"a b\" is no id");
    }

    [Theory]
    [InlineData("0.0.0.0", false)]
    [InlineData("192.0.2.1", false)]
    [InlineData("::", false)]
    [InlineData("127.0.0.2", true)]
    [InlineData("::1", true)]
    public void Faults_on_demand_are_refused_where_others_can_reach_the_server(string listen, bool allowed)
    {
        var loaded = Load($"listen: '{listen}'\nchannels: []\n", environment: new() { ["TANDEM__FAULTS__FETCH_FAIL"] = "0.1" });
        Assert.Equal(allowed, loaded.Options is not null);
        if (!allowed)
            Has(loaded.Mistakes, "TANDEM__FAULTS__FETCH_FAIL", "faults: they are for tests and rehearsals", "127.0.0.1");
        Assert.NotNull(Load($"listen: '{listen}'\nchannels: []\nfaults:\n  fetch_fail: 0\n").Options);
        Assert.NotNull(Load($"listen: '{listen}'\nchannels: []\noperator_keys: 'sha256:{new string('a', 64)}'\nfaults:\n  fetch_fail: 0.1\n").Options);
    }

    /// <summary>Opening it would wait for somebody who writes.</summary>
    [Fact]
    public void A_pipe_is_no_file()
    {
        var pipe = Path.Combine(Path.GetTempPath(), $"tandem-{Guid.NewGuid():N}.mp4");
        using (var made = System.Diagnostics.Process.Start("mkfifo", pipe))
            made.WaitForExit();
        try
        {
            Has(Load(null, channels: [$"id=a,input={pipe},from=en,to=es,engine=tone"]).Mistakes, "--channel a", "is a pipe or a device");
        }
        finally
        {
            File.Delete(pipe);
        }
    }

    private static void Has(IEnumerable<Mistake> mistakes, string place, params string[] parts) =>
        Assert.Contains(mistakes, mistake => mistake.Place.Contains(place, StringComparison.Ordinal) && parts.All(part => mistake.Problem.Contains(part, StringComparison.Ordinal)));

    private Configured Load(string? yaml, Dictionary<string, string>? environment = null, string[]? channels = null, string? port = null)
    {
        var loaded = ConfigurationLoader.Load(
            new ConfigurationSources { File = yaml is null ? null : Write(yaml), Environment = environment ?? [], Channels = channels ?? [], Port = port },
            EngineCatalogue.Resolve);
        return loaded with { Mistakes = [.. loaded.Mistakes.Select(mistake => new Mistake(Short(mistake.Place), Short(mistake.Problem)))] };
    }

    private string Write(string yaml)
    {
        var path = Path.Combine(_folder, "tandem.yaml");
        File.WriteAllText(path, yaml);
        return path;
    }

    private string Short(string text) => text.Replace(Path.Combine(_folder, "tandem.yaml"), "FILE", StringComparison.Ordinal);
}
