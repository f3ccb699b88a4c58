package dev.varve.bench;

import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** Looks into the memory of another JVM on this machine. */
final class JvmMemory implements AutoCloseable {
    private final JMXConnector connector;
    private final MemoryMXBean heap;
    private final BufferPoolMXBean direct;

    /**
     * What is in use.
     *
     * @param heapBytes after a collection
     * @param directBytes in direct buffers
     */
    record Use(long heapBytes, long directBytes) {}

    private JvmMemory(JMXConnector connector) throws IOException {
        this.connector = connector;
        heap = ManagementFactory.newPlatformMXBeanProxy(
                connector.getMBeanServerConnection(), ManagementFactory.MEMORY_MXBEAN_NAME, MemoryMXBean.class);
        direct = ManagementFactory.newPlatformMXBeanProxy(
                connector.getMBeanServerConnection(), "java.nio:type=BufferPool,name=direct", BufferPoolMXBean.class);
    }

    @SuppressWarnings("BanJNDI") // the address comes from a process that this one has started
    static JvmMemory of(long pid) throws Exception {
        VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
        try {
            return new JvmMemory(JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent())));
        } finally {
            machine.detach();
        }
    }

    /** Collects garbage and says what is left. */
    Use afterCollection() {
        heap.gc();
        return new Use(heap.getHeapMemoryUsage().getUsed(), direct.getMemoryUsed());
    }

    @Override
    public void close() throws IOException {
        connector.close();
    }
}
