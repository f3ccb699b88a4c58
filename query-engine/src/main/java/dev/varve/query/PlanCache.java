package dev.varve.query;

import dev.varve.catalog.Dataset;
import dev.varve.query.plan.LeafScan;
import dev.varve.query.sql.SqlPlanner.Planned;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The plans of statements that came lately, least lately used first; a plan holds as long as its datasets do. */
final class PlanCache {
    private static final int LONGEST_SQL = 20_000;

    /** What a plan depends on besides datasets. */
    record Key(String sql, Params params, Set<String> disabledRules) {}

    private final Map<Key, Planned> plans = new LinkedHashMap<>(16, 0.75f, true);
    private final int most;

    PlanCache(int most) {
        this.most = most;
    }

    synchronized @Nullable Planned get(Key key, List<Dataset> datasets) {
        Planned planned = plans.get(key);
        if (planned == null) {
            return null;
        }
        for (LeafScan leaf : planned.query().leaves()) {
            if (!isThere(leaf.dataset(), datasets)) {
                plans.remove(key);
                return null;
            }
        }
        return planned;
    }

    private static boolean isThere(Dataset dataset, List<Dataset> datasets) {
        for (Dataset candidate : datasets) {
            if (candidate.equals(dataset)) {
                return true;
            }
        }
        return false;
    }

    synchronized void put(Key key, Planned planned) {
        if (planned.usesNow() || key.sql().length() > LONGEST_SQL || most == 0) {
            return;
        }
        plans.put(key, planned);
        if (plans.size() > most) {
            plans.remove(plans.keySet().iterator().next());
        }
    }
}
