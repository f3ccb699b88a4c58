package dev.varve.server.cli;

import dev.varve.server.console.Terminal;
import dev.varve.server.recipe.Recipe;
import java.io.IOException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say where the rows of a recipe go, and how. */
final class RecipeTarget {
    @Option(names = "--dataset", paramLabel = "NAME", description = "where the rows go; default ${DEFAULT-VALUE}")
    private String dataset;

    @Mixin
    private LoadOptions load = new LoadOptions();

    @Mixin
    private ProgressOption progress = new ProgressOption();

    @Mixin
    private NodeOption node = new NodeOption();

    RecipeTarget(String dataset) {
        this.dataset = dataset;
    }

    int load(Terminal terminal, Recipe recipe) throws IOException {
        return new RecipeLoad(terminal, load, progress, node).run(recipe, dataset);
    }
}
