package dev.varve.bench.cluster;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A network of namespaces on one bridge, made by {@code ip} alone, which every Linux with iproute2 has; needs root.
 *
 * <p>One direction is cut by giving the sender a hardware address for the receiver that nobody has: packets go out and
 * are lost, of open connections too, and nothing says so to the sender, as on a real network. Neither nftables nor
 * iptables is needed.
 */
final class Namespaces implements Network, AutoCloseable {
    private static final String NOBODY = "02:00:00:00:00:99";
    private static final String BRIDGE = "vrv-br";
    private static final String PREFIX = "vrv-";
    private static final String NET = "10.77.77.";
    private static final int CLIENTS_HOST = 1;
    private static final int ZOOKEEPER_HOST = 2;
    private static final int FIRST_NODE_HOST = 10;

    /** Addresses of the places, by name. */
    private final Map<String, String> addresses = new LinkedHashMap<>();

    private final List<String[]> dropped = new ArrayList<>();

    /** Takes down what an earlier run left, and makes the bridge. */
    Namespaces() throws IOException {
        clear();
        Commands.run("ip", "link", "add", BRIDGE, "type", "bridge");
        Commands.run("ip", "addr", "add", NET + CLIENTS_HOST + "/24", "dev", BRIDGE);
        Commands.run("ip", "link", "set", BRIDGE, "up");
        addresses.put(CLIENTS, NET + CLIENTS_HOST);
    }

    /** Why there can be none here, or nothing. */
    static String missing() {
        if (!Commands.isRoot()) {
            return "network namespaces need root";
        }
        return Commands.succeeds("ip", "netns", "list") ? "" : "ip (iproute2) is missing or may not make namespaces";
    }

    /** A place that is entered with {@link #prefix}; its address. */
    String place(String name) throws IOException {
        String known = addresses.get(name);
        if (known != null) {
            return known;
        }
        int host = name.equals(ZOOKEEPER)
                ? ZOOKEEPER_HOST
                : FIRST_NODE_HOST + Integer.parseInt(name.replaceAll("\\D", ""));
        String space = PREFIX + name;
        String link = "vrv" + host;
        Commands.run("ip", "netns", "add", space);
        // The link of an earlier cluster goes some time after its namespace.
        Commands.succeeds("ip", "link", "del", link);
        Commands.run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space);
        Commands.run("ip", "link", "set", link, "master", BRIDGE, "up");
        Commands.run("ip", "-n", space, "addr", "add", NET + host + "/24", "dev", "eth0");
        Commands.run("ip", "-n", space, "link", "set", "eth0", "up");
        Commands.run("ip", "-n", space, "link", "set", "lo", "up");
        addresses.put(name, NET + host);
        return NET + host;
    }

    /** What a command is to begin with to run at that place. */
    static List<String> prefix(String name) {
        return List.of("ip", "netns", "exec", PREFIX + name);
    }

    @Override
    public List<String> places() {
        return List.copyOf(addresses.keySet());
    }

    @Override
    public void drop(String from, String to) throws IOException {
        String address = addresses.get(to);
        if (address == null) {
            throw new IOException("nothing is at " + to);
        }
        List<String> command = ip(from);
        command.addAll(List.of("neigh", "replace", address, "lladdr", NOBODY, "dev", device(from), "nud", "permanent"));
        Commands.run(command.toArray(String[]::new));
        dropped.add(new String[] {from, address});
    }

    private static List<String> ip(String place) {
        List<String> command = new ArrayList<>(List.of("ip"));
        if (!place.equals(CLIENTS)) {
            command.addAll(List.of("-n", PREFIX + place));
        }
        return command;
    }

    private static String device(String place) {
        return place.equals(CLIENTS) ? BRIDGE : "eth0";
    }

    @Override
    public void heal() throws IOException {
        for (String[] one : dropped) {
            List<String> command = ip(one[0]);
            command.addAll(List.of("neigh", "del", one[1], "dev", device(one[0])));
            // Dropped twice, it is there once.
            Commands.succeeds(command.toArray(String[]::new));
        }
        dropped.clear();
    }

    private static void clear() throws IOException {
        for (String line : Commands.run("ip", "netns", "list").lines().toList()) {
            String space = line.split(" ", 2)[0];
            if (space.startsWith(PREFIX)) {
                Commands.run("ip", "netns", "del", space);
            }
        }
        Commands.succeeds("ip", "link", "del", BRIDGE);
    }

    @Override
    public void close() throws IOException {
        clear();
        addresses.clear();
    }
}
