package dev.varve.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@code deploy/} says of settings is so. */
class DeployTest {
    private static final Path DEPLOY = Path.of("..", "deploy");
    private static final Pattern VARIABLE = Pattern.compile("VARVE_([A-Z0-9]+(?:__[A-Z0-9_]*[A-Z0-9])+)");
    private static final Pattern LINE = Pattern.compile("^#? ?([a-z0-9]+(?:\\.[a-z0-9-]+)+) = .*$", Pattern.MULTILINE);

    @Test
    void everySettingThatIsNamedExists() throws IOException {
        Set<String> known =
                NodeConfig.settings().stream().map(Settings.Known::key).collect(Collectors.toSet());
        Map<String, Path> named = new TreeMap<>();
        for (Path file : files()) {
            String text = Files.readString(file);
            Matcher variables = VARIABLE.matcher(text);
            while (variables.find()) {
                String key = variables.group(1).replace("__", ".").replace('_', '-');
                named.put(key.toLowerCase(Locale.ROOT), file);
            }
            Matcher lines = LINE.matcher(text);
            while (file.toString().contains(".conf") && lines.find()) {
                named.put(lines.group(1), file);
            }
        }
        assertThat(named).containsKeys("cluster.zookeeper", "data.dir", "alerts.webhook", "cluster.secret-file");
        assertThat(named)
                .allSatisfy((key, file) -> assertThat(known).as("in %s", file).contains(key));
    }

    @Test
    void theExampleListsEverySettingWithItsDefault() throws IOException {
        StringBuilder expected = new StringBuilder("# Every setting of a node, with its default.\n");
        for (Settings.Known known : NodeConfig.settings()) {
            expected.append("\n# ").append(known.meaning()).append('\n');
            expected.append("# ")
                    .append(known.key())
                    .append(" = ")
                    .append(known.defaultText())
                    .append('\n');
        }
        Path example = DEPLOY.resolve("systemd").resolve("varve.conf.example");
        if (Boolean.getBoolean("varve.rewrite")) {
            Files.writeString(example, expected);
        }
        assertThat(Files.readString(example)).isEqualTo(expected.toString());
    }

    @Test
    void theExampleOfANodeIsRead() {
        NodeConfig config = NodeConfig.load(DEPLOY.resolve("systemd").resolve("varve.conf"), Map.of(), Map.of());
        assertThat(config.cluster()).isPresent();
        assertThat(config.dataDir()).isEqualTo(Path.of("/var/lib/varve"));
    }

    private static List<Path> files() throws IOException {
        try (Stream<Path> all = Files.walk(DEPLOY)) {
            return new ArrayList<>(all.filter(Files::isRegularFile).toList());
        }
    }
}
