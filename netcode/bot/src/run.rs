//! The loop: one thread for all bots, woken by sockets and by the earliest tick.
//!
//! Asking for seats and downloading block, so helper threads do them and hand over what a session needs to start.

use crate::behaviour::{Actor, Behaviour};
use crate::bot::{Buffers, News, Path, Session};
use crate::ending::Ending;
use crate::fault::Faults;
use crate::http::{Api, Visitor};
use crate::motion::{self, Clips};
use crate::relay::{Relay, Tunnel};
use crate::report::{BotReport, Line, Printer, Summary};
use crate::scenario::{self, Join, Rejoin, Scenario, Way, label};
use crate::views::Views;
use crate::world::{Place, Worlds};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use otherworld_pipes::UnixClock;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The loop looks at signals and at the helper this often.
const LONGEST_NAP: Duration = Duration::from_millis(100);
/// Between two seats of the same bot, and between two requests for one.
const REJOIN_PAUSE: Duration = Duration::from_millis(500);
/// So many bots ask for seats at a time: when an instance dies, all of its bots want another one.
const HELPERS: usize = 8;

struct Bot {
    visitor: Visitor,
    /// Seats that are refused at the door at once must not become a flood of tickets.
    ask_after: Option<Instant>,
    behaviour: Behaviour,
    faults: Faults,
    way: Way,
    via: Option<SocketAddr>,
    stage: Stage,
    last_position: Option<[f32; 3]>,
}

enum Stage {
    Playing(Box<Session>),
    Rejoining,
    Gone(Ending),
}

struct Runner<'a> {
    clock: UnixClock,
    started: Duration,
    report_period: Duration,
    resume: Duration,
    poll: Poll,
    buffers: Buffers,
    bots: Vec<Bot>,
    summary: Summary,
    helpers: Option<Helpers>,
    views: Option<Views>,
    clips: Clips,
    printer: Printer,
    stop: &'a AtomicBool,
}

/// The ends of the helper threads.
struct Helpers {
    ask: Sender<Wish>,
    answers: Receiver<Seated>,
}

/// A bot that wants a seat.
struct Wish {
    index: usize,
    visitor: Visitor,
    way: Way,
    after: Option<Instant>,
}

/// A bot that has one.
struct Seated {
    index: usize,
    visitor: Visitor,
    entry: Entry,
}

/// All that a session begins with.
struct Entry {
    join: Join,
    place: Arc<Place>,
    tunnel: Option<Tunnel>,
}

/// What entries are made of; blocks while it makes one.
#[derive(Clone)]
struct Porter {
    worlds: Arc<Mutex<Worlds>>,
    relay: Relay,
}

impl Porter {
    fn open(&self, join: Join, way: Way) -> Result<Entry, Ending> {
        let place = self
            .worlds
            .lock()
            .expect("nobody panics over a world")
            .fetch(&join.world)?;
        let tunnel = match (way, join.pipe(way)?) {
            (Way::Udp, _) => None,
            (Way::Relay, pipe) => {
                let missing = |what| Ending::Scenario(format!("the relay's pipe has no {what}"));
                let url = pipe.url.as_deref().ok_or_else(|| missing("url"))?;
                let ticket = pipe.ticket.as_deref().ok_or_else(|| missing("ticket"))?;
                Some(self.relay.open(url, ticket)?)
            }
        };
        Ok(Entry {
            join,
            place,
            tunnel,
        })
    }
}

/// Plays a scenario to its end, or until every bot is gone or `stop` is set.
pub fn run(scenario: Scenario, stop: &AtomicBool) -> Result<(), Ending> {
    let (relay, relay_thread) = Relay::start()?;
    let porter = Porter {
        worlds: Arc::default(),
        relay,
    };
    let duration = Duration::from_secs_f64(scenario.duration_s);
    let clock = UnixClock::start();
    let mut runner = Runner {
        clock,
        started: clock.now(),
        report_period: Duration::from_secs_f64(scenario.report_s),
        resume: Duration::from_secs_f64(scenario.resume_s),
        poll: Poll::new().map_err(Ending::system)?,
        buffers: Buffers::new(),
        bots: Vec::with_capacity(scenario.bots.len()),
        summary: Summary {
            bots: scenario.bots.len(),
            ..Summary::default()
        },
        helpers: None,
        views: None,
        clips: motion::load(&scenario.motion)?,
        printer: Printer::start(),
        stop,
    };
    if let Some(views) = &scenario.views {
        let views = Views::start(views, scenario.bots.len(), runner.started)?;
        runner.views = Some(views);
    }
    for bot in scenario.bots {
        runner.admit(bot, &porter)?;
    }
    runner.helpers = scenario.rejoin.map(|at| start_helpers(&at, &porter));
    let outcome = runner.play(duration);
    runner.finish();
    porter.relay.finish(relay_thread);
    runner.printer.finish();
    let written = runner.views.map_or(Ok(()), Views::finish);
    outcome.and(written)
}

impl Runner<'_> {
    fn admit(&mut self, bot: scenario::Bot, porter: &Porter) -> Result<(), Ending> {
        let entry = porter.open(bot.join, bot.pipe)?;
        let index = self.bots.len();
        let name = bot.name.unwrap_or_else(|| format!("Bot {}", index + 1));
        self.bots.push(Bot {
            visitor: Visitor {
                name,
                token: bot.token,
            },
            ask_after: None,
            behaviour: bot.behaviour,
            faults: Faults::new(&bot.faults),
            way: bot.pipe,
            via: bot.via,
            stage: Stage::Rejoining,
            last_position: None,
        });
        self.connect(index, entry)
    }

    fn connect(&mut self, index: usize, entry: Entry) -> Result<(), Ending> {
        let Entry {
            join,
            place,
            tunnel,
        } = entry;
        let bot = &mut self.bots[index];
        let actor = Actor::new(&bot.behaviour, &self.clips, &place.bodies);
        let actor = actor.map_err(|(step, complaint)| {
            let label = label(index, Some(&bot.visitor.name));
            Ending::Scenario(format!("{label}: behaviour.steps[{step}].{complaint}"))
        })?;
        // Faults are of the first session: another seat is another story.
        let faults = std::mem::take(&mut bot.faults);
        let path = Path {
            way: bot.way,
            via: bot.via,
            tunnel,
        };
        let now = self.clock.now();
        let session = Session::start(
            now,
            join,
            Arc::clone(&place.world),
            Box::new(actor),
            faults,
            self.resume,
            path,
        )?;
        listen(&self.poll, index, &session)?;
        (bot.stage, bot.last_position) = (Stage::Playing(Box::new(session)), None);
        Ok(())
    }

    fn play(&mut self, duration: Duration) -> Result<(), Ending> {
        let mut events = Events::with_capacity(256);
        let mut next_report = self.started + self.report_period;
        let end = self.started + duration;
        loop {
            let now = self.clock.now();
            if now >= end || self.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let nap = self
                .next_due()
                .min(next_report)
                .min(end)
                .saturating_sub(now)
                .min(LONGEST_NAP);
            match self.poll.poll(&mut events, Some(nap)) {
                Err(error) if error.kind() != std::io::ErrorKind::Interrupted => {
                    return Err(Ending::system(error));
                }
                _ => {}
            }
            for event in &events {
                self.drive(event.token().0, Session::receive)?;
            }
            self.tick()?;
            self.write_views()?;
            self.take_answers()?;
            if self.clock.now() >= next_report {
                next_report += self.report_period;
                self.report()?;
            }
            self.end_when_all_are_gone()?;
        }
    }

    fn next_due(&self) -> Duration {
        let due = self.bots.iter().filter_map(|bot| match &bot.stage {
            Stage::Playing(session) => Some(session.due()),
            Stage::Rejoining | Stage::Gone(_) => None,
        });
        let views = self.views.as_ref().map(Views::due);
        due.chain(views).min().unwrap_or(Duration::MAX)
    }

    fn write_views(&mut self) -> Result<(), Ending> {
        let Some(views) = &mut self.views else {
            return Ok(());
        };
        let now = self.clock.now();
        while let Some(index) = views.next(now) {
            if let Stage::Playing(session) = &mut self.bots[index].stage {
                views.sample(now, index, &mut session.client)?;
            }
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<(), Ending> {
        let now = self.clock.now();
        for index in 0..self.bots.len() {
            if matches!(&self.bots[index].stage, Stage::Playing(session) if session.due() <= now) {
                self.drive(index, Session::tick)?;
            }
        }
        Ok(())
    }

    /// Lets a session do something, and a bot bear the outcome.
    fn drive(
        &mut self,
        index: usize,
        act: impl FnOnce(&mut Session, Duration, &mut Buffers) -> Result<News, Ending>,
    ) -> Result<(), Ending> {
        let bot = &mut self.bots[index];
        let Stage::Playing(session) = &mut bot.stage else {
            return Ok(());
        };
        match act(session, self.clock.now(), &mut self.buffers) {
            Ok(News::None) => Ok(()),
            // Its old socket is closed and with that no longer listened to.
            Ok(News::Moved) => listen(&self.poll, index, session),
            Ok(News::Returned(silence)) => {
                self.summary.disconnects += 1;
                self.summary.returned += 1;
                self.printer.print(&Line::Returned {
                    bot: index,
                    name: &bot.visitor.name,
                    seat: &session.join.seat,
                    silence_s: silence.as_secs_f64(),
                })
            }
            Ok(News::Entered) => self.printer.print(&Line::Connected {
                bot: index,
                name: &bot.visitor.name,
                instance: &session.join.instance,
                seat: &session.join.seat,
                address: session.pipe.server().to_string(),
            }),
            Err(ending) => self.end(index, ending),
        }
    }

    fn end(&mut self, index: usize, ending: Ending) -> Result<(), Ending> {
        let bot = &mut self.bots[index];
        if let Stage::Playing(session) = &mut bot.stage {
            session.leave(&mut self.buffers);
            self.summary.add_traffic(session.pipe.traffic());
        }
        self.summary.disconnects += 1;
        let helpers = self
            .helpers
            .as_ref()
            .filter(|_| ending.is_worth_another_try());
        self.printer.print(&Line::Ended {
            bot: index,
            name: &bot.visitor.name,
            cause: ending.label(),
            message: ending.to_string(),
            rejoining: helpers.is_some(),
        })?;
        bot.stage = match helpers {
            Some(helpers) => {
                let wish = Wish {
                    index,
                    visitor: bot.visitor.clone(),
                    way: bot.way,
                    after: bot.ask_after,
                };
                helpers.ask.send(wish).map_err(Ending::system)?;
                Stage::Rejoining
            }
            None => Stage::Gone(ending),
        };
        Ok(())
    }

    fn take_answers(&mut self) -> Result<(), Ending> {
        while let Some(seated) = self
            .helpers
            .as_ref()
            .and_then(|helpers| helpers.answers.try_recv().ok())
        {
            let Seated {
                index,
                visitor,
                entry,
            } = seated;
            let bot = &mut self.bots[index];
            bot.visitor = visitor;
            bot.ask_after = Some(Instant::now() + REJOIN_PAUSE);
            if let Err(ending) = self.connect(index, entry) {
                self.end(index, ending)?;
            }
        }
        Ok(())
    }

    fn report(&mut self) -> Result<(), Ending> {
        let t = (self.clock.now() - self.started).as_secs_f64();
        for (index, bot) in self.bots.iter_mut().enumerate() {
            let Stage::Playing(session) = &mut bot.stage else {
                continue;
            };
            let state = match (session.pipe.state(), session.client.view()) {
                (otherworld_pipes::ClientState::Connected, Some(_)) => "playing",
                (otherworld_pipes::ClientState::Connected, None) => "connected",
                _ => "connecting",
            };
            let view = BotReport::of(t, index, &bot.visitor.name, session, state);
            self.summary.add(&view, bot.last_position);
            bot.last_position = view.position;
            self.printer.print(&Line::Bot(view))?;
        }
        Ok(())
    }

    /// The end of the last one is the end of all.
    fn end_when_all_are_gone(&self) -> Result<(), Ending> {
        let mut endings = self.bots.iter().map(|bot| match &bot.stage {
            Stage::Gone(ending) => Some(ending),
            Stage::Playing(_) | Stage::Rejoining => None,
        });
        let first = endings.next().flatten();
        match first {
            Some(ending) if endings.all(|ending| ending.is_some()) => Err(ending.clone()),
            _ => Ok(()),
        }
    }

    /// Everybody leaves politely.
    fn finish(&mut self) {
        let now = self.clock.now();
        self.summary.seconds = (now - self.started).as_secs_f64();
        for bot in &mut self.bots {
            if let Stage::Playing(session) = &mut bot.stage {
                self.summary.playing += usize::from(session.client.view().is_some());
                session.leave(&mut self.buffers);
                self.summary.add_traffic(session.pipe.traffic());
            }
        }
        // Nobody may be reading any more; then nobody misses it.
        let _ = self
            .printer
            .print(&Line::Summary(std::mem::take(&mut self.summary)));
    }
}

/// Wakes the loop when a session's socket has something.
fn listen(poll: &Poll, index: usize, session: &Session) -> Result<(), Ending> {
    let fd = session.pipe.as_fd().as_raw_fd();
    poll.registry()
        .register(&mut SourceFd(&fd), Token(index), Interest::READABLE)
        .map_err(Ending::system)
}

/// Threads that ask for seats and open the way to them, for as long as somebody wants them.
fn start_helpers(at: &Rejoin, porter: &Porter) -> Helpers {
    let (ask, wishes) = channel::<Wish>();
    let (answer, answers) = channel();
    let wishes = Arc::new(Mutex::new(wishes));
    for _ in 0..HELPERS {
        let (api, wishes, porter) = (Api::new(at), Arc::clone(&wishes), porter.clone());
        let answer = answer.clone();
        let next = move || wishes.lock().ok()?.recv().ok();
        thread::spawn(move || {
            while let Some(wish) = next() {
                if answer.send(fulfil(wish, &api, &porter)).is_err() {
                    return;
                }
            }
        });
    }
    Helpers { ask, answers }
}

fn fulfil(wish: Wish, api: &Api, porter: &Porter) -> Seated {
    let Wish {
        index,
        mut visitor,
        way,
        after,
    } = wish;
    let now = Instant::now();
    thread::sleep(after.map_or(Duration::ZERO, |after| after.saturating_duration_since(now)));
    loop {
        let entry = api
            .seat(&mut visitor)
            .and_then(|join| porter.open(join, way));
        match entry {
            Ok(entry) => {
                return Seated {
                    index,
                    visitor,
                    entry,
                };
            }
            Err(ending) => {
                eprintln!("otherworld-bot: {}: {ending}", visitor.name);
                thread::sleep(REJOIN_PAUSE);
            }
        }
    }
}
