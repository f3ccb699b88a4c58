package dev.varve.catalog;

import dev.varve.model.DatasetName;
import dev.varve.model.Schema;
import java.util.UUID;

/**
 * A dataset as it is defined now.
 *
 * @param id never reused, also when a dataset of the same name is created again
 * @param location prefix of the dataset's blobs in the blob store, without a slash at the end
 */
public record Dataset(DatasetName name, UUID id, Schema schema, String location) {}
