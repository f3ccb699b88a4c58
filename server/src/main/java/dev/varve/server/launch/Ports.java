package dev.varve.server.launch;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.OptionalInt;
import java.util.Set;

/** Finds ports, below those that systems give to connections, so that they are still free after a while. */
final class Ports {
    private static final int USUAL_BASE = 8181;
    private static final int NODE_STEP = 100;
    private static final int ZOOKEEPERS_FROM = 50;
    private static final int ZOOKEEPER_STEP = 10;
    private static final int TRY_STEP = 1_000;
    private static final int HIGHEST = 32_000;

    private final OptionalInt base;
    private final boolean isChecked;
    private final Set<Integer> taken = new HashSet<>();

    /**
     * @param isChecked whether the hosts are this machine's, as this process sees it
     * @param taken by processes that may not be running
     */
    Ports(OptionalInt base, boolean isChecked, Set<Integer> taken) {
        this.base = base;
        this.isChecked = isChecked;
        this.taken.addAll(taken);
    }

    /** The first of some consecutive ports for a node. */
    int node(int number, String host, int count) {
        return free(base.orElse(USUAL_BASE) + NODE_STEP * (number - 1), host, count);
    }

    int zookeeper(int number, String host, int count) {
        return free(base.orElse(USUAL_BASE) + ZOOKEEPERS_FROM + ZOOKEEPER_STEP * (number - 1), host, count);
    }

    private int free(int wanted, String host, int count) {
        for (int from = wanted; base.isPresent() || from < HIGHEST; from += TRY_STEP) {
            boolean isFree = true;
            for (int port = from; port < from + count; port++) {
                isFree &= !taken.contains(port) && (!isChecked || isFree(host, port));
            }
            if (isFree) {
                for (int port = from; port < from + count; port++) {
                    taken.add(port);
                }
                return from;
            }
            if (base.isPresent()) {
                throw new VarveException(
                                ErrorCode.BAD_REQUEST,
                                "the ports %d to %d of %s are not all free".formatted(from, from + count - 1, host))
                        .withHint("stop what listens there, choose another --base-port, or none");
            }
        }
        throw new VarveException(ErrorCode.BAD_REQUEST, "no %d free ports were found on %s".formatted(count, host));
    }

    private static boolean isFree(String host, int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }
}
