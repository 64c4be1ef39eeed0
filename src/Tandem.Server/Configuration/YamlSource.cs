using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Tandem.Server.Configuration;

/// <summary>Reads a YAML file into nodes that know their lines.</summary>
internal sealed class YamlSource
{
    // Aliases can make a small file large.
    private const int MostNodes = 20_000;
    private const int LargestFile = 1024 * 1024;
    private const int MostLevels = 16;

    private const string TooLarge = "the file is too large or too deep; is it a configuration?";

    private readonly string _name;
    private readonly List<Mistake> _mistakes;
    private int _nodes;

    private YamlSource(string name, List<Mistake> mistakes) => (_name, _mistakes) = (name, mistakes);

    /// <summary>The file's settings; empty where it cannot be read, and then there is a mistake.</summary>
    public static ConfigMap Read(string path, List<Mistake> mistakes)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Exists && file.Length > LargestFile)
                mistakes.Add(new Mistake(path, $"is larger than {LargestFile} bytes; is it a configuration?"));
            else
                return Parse(File.ReadAllText(path), path, mistakes);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            mistakes.Add(new Mistake(path, "there is no such file; give --config the path of one, or copy tandem.example.yaml"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            mistakes.Add(new Mistake(path, $"cannot be read: {exception.Message}"));
        }

        return new ConfigMap(path);
    }

    /// <summary>As <see cref="Read"/>, from text.</summary>
    public static ConfigMap Parse(string text, string name, List<Mistake> mistakes)
    {
        var source = new YamlSource(name, mistakes);
        var stream = new YamlStream();
        try
        {
            if (TooDeep(text) is { } where)
            {
                mistakes.Add(new Mistake(source.Place(where), TooLarge));
                return new ConfigMap(name);
            }

            stream.Load(new StringReader(text));
        }
        catch (YamlException exception)
        {
            mistakes.Add(new Mistake(source.Place(exception.Start), $"is no YAML: {OneLine(exception.InnerException?.Message ?? exception.Message)}"));
            return new ConfigMap(name);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // YamlDotNet has these for some of what it does not understand, such as a tag that is no address; where is not told.
            mistakes.Add(new Mistake(name, $"is no YAML: {OneLine(exception.Message)}"));
            return new ConfigMap(name);
        }

        if (stream.Documents.Count == 0 || stream.Documents[0].RootNode is YamlScalarNode { Value: null or "" })
            return new ConfigMap(name);
        if (stream.Documents.Count > 1)
            mistakes.Add(new Mistake(source.Place(stream.Documents[1].RootNode.Start), "a second document begins here; keep everything in one"));
        if (source.Convert(stream.Documents[0].RootNode, 0) is ConfigMap map)
            return map;
        mistakes.Add(new Mistake(source.Place(stream.Documents[0].RootNode.Start), "is no list of settings; write lines such as \"port: 8080\""));
        return new ConfigMap(name);
    }

    /// <summary>
    /// Where nesting goes deeper than any configuration; null where it does not. The document is built by functions that call themselves,
    /// and a stack that overflows ends the process.
    /// </summary>
    private static Mark? TooDeep(string text)
    {
        var parser = new Parser(new StringReader(text));
        for (var depth = 0; parser.MoveNext();)
        {
            // The stream and the document are two levels themselves.
            depth += parser.Current!.NestingIncrease;
            if (depth > MostLevels + 4)
                return parser.Current.Start;
        }

        return null;
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private string Place(Mark mark) => string.Create(CultureInfo.InvariantCulture, $"{_name}:{mark.Line}");

    private ConfigNode Convert(YamlNode node, int depth)
    {
        var place = Place(node.Start);
        if (++_nodes > MostNodes || depth > MostLevels)
        {
            if (_nodes <= MostNodes + 1)
                _mistakes.Add(new Mistake(place, TooLarge));
            _nodes = MostNodes + 1;
            return new ConfigText(null, place);
        }

        switch (node)
        {
            case YamlMappingNode mapping:
                var map = new ConfigMap(place);
                foreach (var (key, value) in mapping.Children)
                    Add(map, key, Convert(value, depth + 1));
                return map;
            case YamlSequenceNode sequence:
                var list = new ConfigList(place);
                list.Items.AddRange(sequence.Children.Select(child => Convert(child, depth + 1)));
                return list;
            case YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" }:
                return new ConfigText(null, place);
            default:
                return new ConfigText((node as YamlScalarNode)?.Value, place);
        }
    }

    private void Add(ConfigMap map, YamlNode key, ConfigNode value)
    {
        if (key is not YamlScalarNode { Value: { Length: > 0 } name })
            _mistakes.Add(new Mistake(Place(key.Start), "the name of a setting is missing here"));
        else if (!map.Entries.TryAdd(name, value))
            _mistakes.Add(new Mistake(Place(key.Start), $"{name} stands here again; keep one"));
    }
}
