package dev.varve.model.space;

import java.util.ArrayList;
import java.util.List;

/** What is in at least one of several regions; nothing when there are none. */
public record AnyOf(List<Region> parts) implements Region {
    private static final int MOST_BOUNDS = 8;

    public AnyOf {
        parts = List.copyOf(parts);
    }

    @Override
    public boolean contains(double lat, double lon) {
        for (Region part : parts) {
            if (part.contains(lat, lon)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean mayIntersect(LatLonBounds bounds) {
        for (Region part : parts) {
            if (part.mayIntersect(bounds)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public List<LatLonBounds> bounds() {
        List<LatLonBounds> all = new ArrayList<>();
        for (Region part : parts) {
            all.addAll(part.bounds());
        }
        return few(all);
    }

    /** The same rectangles, or one hull on each side of longitude 0 when they are many. */
    static List<LatLonBounds> few(List<LatLonBounds> all) {
        if (all.size() <= MOST_BOUNDS) {
            return List.copyOf(all);
        }
        List<LatLonBounds> hulls = new ArrayList<>();
        for (boolean western : new boolean[] {true, false}) {
            all.stream()
                    .filter(bounds -> bounds.west() + bounds.east() < 0 == western)
                    .reduce(LatLonBounds::hull)
                    .ifPresent(hulls::add);
        }
        return List.copyOf(hulls);
    }
}
