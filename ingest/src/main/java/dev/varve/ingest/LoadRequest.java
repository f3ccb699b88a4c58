package dev.varve.ingest;

import dev.varve.ingest.decode.BodyFormat;
import dev.varve.ingest.decode.Mapping;
import dev.varve.model.DatasetName;
import org.jspecify.annotations.Nullable;

/**
 * How to read a body, and into which dataset.
 *
 * @param idempotencyKey batch {@code i} of the body gets the key {@code <key>#<i>}; null for none
 */
public record LoadRequest(
        DatasetName dataset,
        BodyFormat format,
        Mapping mapping,
        @Nullable String idempotencyKey,
        OnError onError) {}
