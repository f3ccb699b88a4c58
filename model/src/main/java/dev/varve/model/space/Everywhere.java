package dev.varve.model.space;

import java.util.List;

/** Every place on the globe. */
public record Everywhere() implements Region {
    @Override
    public boolean contains(double lat, double lon) {
        return H3Cells.isPlace(lat, lon);
    }

    @Override
    public boolean mayIntersect(LatLonBounds bounds) {
        return true;
    }

    @Override
    public List<LatLonBounds> bounds() {
        return List.of(LatLonBounds.WORLD);
    }
}
