package dev.varve.testkit;

import dev.varve.model.space.H3Cells.Place;
import dev.varve.model.space.Region;
import java.util.List;

/**
 * A region, how a user asks for it, and where its edges are.
 *
 * @param sql a condition on the columns {@code lat} and {@code lon} that holds for exactly the places of the region
 * @param landmarks places on or near its edges
 */
public record SpaceCase(Region region, String sql, List<Place> landmarks) {
    public SpaceCase {
        landmarks = List.copyOf(landmarks);
    }

    @Override
    public String toString() {
        return sql;
    }
}
