package dev.varve.model.space;

import java.util.ArrayList;
import java.util.List;

/** What several regions share; everywhere when there are none. */
public record AllOf(List<Region> parts) implements Region {
    public AllOf {
        parts = List.copyOf(parts);
    }

    @Override
    public boolean contains(double lat, double lon) {
        for (Region part : parts) {
            if (!part.contains(lat, lon)) {
                return false;
            }
        }
        return H3Cells.isPlace(lat, lon);
    }

    @Override
    public boolean mayIntersect(LatLonBounds bounds) {
        for (Region part : parts) {
            if (!part.mayIntersect(bounds)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public List<LatLonBounds> bounds() {
        List<LatLonBounds> shared = List.of(LatLonBounds.WORLD);
        for (Region part : parts) {
            List<LatLonBounds> next = new ArrayList<>();
            for (LatLonBounds mine : shared) {
                for (LatLonBounds theirs : part.bounds()) {
                    if (mine.intersects(theirs)) {
                        next.add(mine.intersect(theirs));
                    }
                }
            }
            shared = AnyOf.few(next);
        }
        return shared;
    }
}
