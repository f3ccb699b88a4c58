package dev.varve.catalog;

import dev.varve.model.DatasetName;
import dev.varve.model.Schema;
import java.util.Map;
import java.util.UUID;

/**
 * A dataset as it is defined now.
 *
 * @param id never reused, also when a dataset of the same name is created again
 * @param location prefix of the dataset's blobs in the blob store, without a slash at the end
 * @param fieldIds Iceberg field id of each column of {@code schema.all()}; Parquet files carry them
 */
public record Dataset(DatasetName name, UUID id, Schema schema, String location, Map<String, Integer> fieldIds) {
    public Dataset {
        fieldIds = Map.copyOf(fieldIds);
    }

    /** The Iceberg field id of a column that the dataset has. */
    public int fieldId(String column) {
        Integer id = fieldIds.get(column);
        if (id == null) {
            throw new IllegalArgumentException(name + " has no column '" + column + "'");
        }
        return id;
    }
}
