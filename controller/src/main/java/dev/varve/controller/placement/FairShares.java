package dev.varve.controller.placement;

import java.util.Arrays;

/**
 * How many replicas each node should hold: in proportion to its weight, but no more than one of each group, and in a zone
 * no more than the zone limit of each group. What a limit cuts off is shared by the others, again by weight.
 */
final class FairShares {
    private static final int HALVINGS = 200;
    private static final double ROUNDING = 1e-6;

    private final double[] shares;

    /**
     * @param most of each node
     * @param mostPerZone the same for all zones
     * @param replicas to be shared
     */
    FairShares(double[] weights, int[] most, int[] zones, int zoneCount, double mostPerZone, double replicas) {
        shares = new double[weights.length];
        double reachable = 0;
        for (int zone = 0; zone < zoneCount; zone++) {
            reachable += Math.min(mostPerZone, filled(weights, most, zones, zone, Double.MAX_VALUE));
        }
        double wanted = Math.min(replicas, reachable);
        double level = levelAt(wanted, weights, (double at) -> {
            double sum = 0;
            for (int zone = 0; zone < zoneCount; zone++) {
                sum += Math.min(mostPerZone, filled(weights, most, zones, zone, at));
            }
            return sum;
        });
        for (int zone = 0; zone < zoneCount; zone++) {
            int z = zone;
            double within = filled(weights, most, zones, zone, level) <= mostPerZone
                    ? level
                    : levelAt(mostPerZone, weights, (double at) -> filled(weights, most, zones, z, at));
            for (int node = 0; node < weights.length; node++) {
                if (zones[node] == zone) {
                    shares[node] = Math.min(most[node], within * weights[node]);
                }
            }
        }
    }

    double share(int node) {
        return shares[node];
    }

    /** The least whole number of replicas that is fair. */
    int least(int node) {
        return (int) Math.floor(shares[node] + ROUNDING);
    }

    /** The greatest whole number of replicas that is fair. */
    int most(int node) {
        return (int) Math.ceil(shares[node] - ROUNDING);
    }

    private interface Rising {
        double at(double level);
    }

    private static double levelAt(double wanted, double[] weights, Rising sum) {
        double low = 0;
        double high =
                1 / Math.max(Double.MIN_NORMAL, Arrays.stream(weights).max().orElse(1));
        while (sum.at(high) < wanted - ROUNDING && high < 1e300) {
            high *= 2;
        }
        for (int i = 0; i < HALVINGS && high - low > high * 1e-15; i++) {
            double middle = (low + high) / 2;
            if (sum.at(middle) < wanted) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return high;
    }

    private static double filled(double[] weights, int[] most, int[] zones, int zone, double level) {
        double sum = 0;
        for (int node = 0; node < weights.length; node++) {
            if (zones[node] == zone) {
                sum += Math.min(most[node], level * weights[node]);
            }
        }
        return sum;
    }
}
