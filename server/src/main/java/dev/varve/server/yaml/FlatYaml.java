package dev.varve.server.yaml;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A YAML file as texts by key: nested keys are joined by dots, lists by commas, and values are what is written, whatever YAML
 * takes them for.
 */
public final class FlatYaml {
    private static final int MOST_BYTES = 1 << 20;
    private static final int MOST_DEPTH = 10;

    private final String file;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** A value and where it is written; lines count from 1. */
    public record Entry(String text, int line) {}

    private FlatYaml(String file) {
        this.file = file;
    }

    /** Fails with {@code BAD_REQUEST} and the place of the mistake. */
    public static Map<String, Entry> read(Path file) throws IOException {
        LoaderOptions limits = new LoaderOptions();
        limits.setCodePointLimit(MOST_BYTES);
        limits.setNestingDepthLimit(MOST_DEPTH);
        limits.setMaxAliasesForCollections(0);
        FlatYaml flat = new FlatYaml(file.toString());
        try (Reader in = Files.newBufferedReader(file)) {
            Node root = new Yaml(new SafeConstructor(limits)).compose(in);
            if (root instanceof MappingNode mapping) {
                flat.add("", mapping, 0);
            } else if (root != null && !root.getTag().equals(Tag.NULL)) {
                throw flat.wrong(root, "is not of the form key: value");
            }
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
            throw new VarveException(
                    ErrorCode.BAD_REQUEST, "%s:%d is not YAML: %s".formatted(file, line, e.getProblem()), e);
        } catch (YAMLException e) {
            throw new VarveException(ErrorCode.BAD_REQUEST, file + " is not YAML: " + e.getMessage(), e);
        }
        return flat.entries;
    }

    private void add(String prefix, MappingNode mapping, int depth) {
        if (depth > MOST_DEPTH) {
            throw wrong(mapping, "is nested too deeply");
        }
        for (NodeTuple pair : mapping.getValue()) {
            if (!(pair.getKeyNode() instanceof ScalarNode name)) {
                throw wrong(pair.getKeyNode(), "has a key that is no text");
            }
            String key = prefix + name.getValue();
            switch (pair.getValueNode()) {
                case MappingNode nested -> add(key + ".", nested, depth + 1);
                case SequenceNode list -> put(key, String.join(",", texts(list)), name);
                case ScalarNode text -> put(key, text(text), name);
                default -> throw wrong(name, "gives " + key + " no value");
            }
        }
    }

    private List<String> texts(SequenceNode list) {
        List<String> texts = new ArrayList<>();
        for (Node item : list.getValue()) {
            if (!(item instanceof ScalarNode text)) {
                throw wrong(item, "has a list of more than texts");
            }
            texts.add(text(text));
        }
        return texts;
    }

    private static String text(ScalarNode node) {
        return node.getTag().equals(Tag.NULL) ? "" : node.getValue();
    }

    private void put(String key, String text, Node where) {
        if (entries.put(key, new Entry(text, line(where))) != null) {
            throw wrong(where, "gives " + key + " a second time");
        }
    }

    private VarveException wrong(Node where, String what) {
        return new VarveException(ErrorCode.BAD_REQUEST, "%s:%d %s".formatted(file, line(where), what));
    }

    private static int line(Node node) {
        return node.getStartMark().getLine() + 1;
    }
}
