using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Tandem.Live;
using Tandem.Server.Api;
using Tandem.Server.Ops;
using Tandem.Server.Pages;
using Xunit;

namespace Tandem.Tests.Server;

/// <summary>docs/http.md against the code; <see cref="ServerTests"/> asks every path that it names.</summary>
public sealed partial class HttpDocumentTests
{
    private const string Document = "docs/http.md";

    private static readonly JsonSerializerOptions Strict = new(ApiJson.Default.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    [Theory]
    [InlineData(0, typeof(PublicState))]
    [InlineData(1, typeof(ChannelList))]
    [InlineData(2, typeof(OpsState))]
    [InlineData(3, typeof(HealthReport))]
    public void Each_example_has_exactly_the_members_that_are_answered(int index, Type type)
    {
        var example = Examples()[index];
        var again = JsonSerializer.SerializeToNode(JsonSerializer.Deserialize(example, type, Strict), type, Strict);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(example), again), $"{example}\nis answered as\n{again}");
    }

    [Fact]
    public void There_is_no_other_example() => Assert.Equal(4, Examples().Length);

    [Fact]
    public void Every_state_is_explained()
    {
        var explained = Checkout.TableRows(Document).Where(cells => cells.Length == 2).Select(cells => cells[0].Trim('`'));
        Assert.Equal([.. Words<HeardWhy>(), .. Words<ChannelState>(), .. Words<LanguageState>(), .. Words<OpsLevel>(), .. Words<HealthStatus>()], explained);
    }

    private static string[] Examples() => [.. Json().Matches(Checkout.Read(Document)).Select(match => match.Groups["text"].Value)];

    private static IEnumerable<string> Words<T>()
        where T : struct, Enum => Enum.GetValues<T>().Select(value => JsonSerializer.Serialize(value, Strict).Trim('"'));

    [GeneratedRegex(@"```json\n(?<text>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Json();
}
