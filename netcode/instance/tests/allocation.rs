//! The tick's side of the boundary allocates nothing in the steady state. Only this thread is counted: the instance's own
//! may allocate as it likes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use otherworld_instance::{Build, Config, Report, SeatId, TelemetryFrame, Tick, TickSample, start};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator with the caller's own arguments; the counter is a plain cell of this
// thread, which needs no allocation and no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn polling_sampling_and_reporting_allocate_nothing() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = Config {
        sdk_grpc_port: nowhere.local_addr().unwrap().port(),
        control_url: "http://127.0.0.1:9".into(),
        identity_file: "/nowhere".into(),
        udp_bind: "127.0.0.1:0".parse().unwrap(),
        public_address: None,
        record: None,
        broken: None,
        catch_signals: false,
    };
    let build = Build {
        version: "test".into(),
        protocol_hash: 1,
        refusal_causes: &["a", "b"],
    };
    let instance = start(config, build).unwrap();
    let mut frame = Some(TelemetryFrame::default());

    let before = ALLOCATIONS.get();
    for tick in 0..500 {
        assert!(instance.poll().is_none());
        assert!(instance.blank_telemetry().is_none());
        instance.report(Report::PlayerJoined(SeatId(1))).unwrap();
        if let Some(frame) = frame.take() {
            instance.report(Report::Telemetry(frame)).unwrap();
        }
        instance.tick_done(&TickSample {
            tick: Tick(tick),
            duration: Duration::from_millis(1),
            late: false,
            dropped: 0,
            bytes_in: 1,
            bytes_out: 2,
            allocations: 3,
            refusals: &[3, 4],
        });
    }
    assert_eq!(ALLOCATIONS.get() - before, 0);
    drop(std::hint::black_box(vec![0u8; 100]));
    assert!(ALLOCATIONS.get() > before, "the counter counts");
}
