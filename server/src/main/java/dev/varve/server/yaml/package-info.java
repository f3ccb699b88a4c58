/**
 * Settings from YAML.
 *
 * <p>Knows how nested keys are written flat. Must not know any key.
 */
@NullMarked
package dev.varve.server.yaml;

import org.jspecify.annotations.NullMarked;
