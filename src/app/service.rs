//! The life of the process: it starts, follows signals, and stops.

use std::io;
use std::pin::pin;

use log::{error, info};

use super::handover::{Predecessor, Program};
use super::listeners::Inherited;
use super::notify;
use super::running::{Running, Stopped};
use super::signals::{Request, Signals};
use super::start::{App, Launch, StartError};
use crate::config::settings::{Env, Flags};

/// Serves until a signal ends it. Returns nothing when one came before it was ready.
///
/// # Errors
/// When it cannot start.
pub async fn serve(
    (flags, env): (Flags, Env),
    unset: Vec<String>,
) -> Result<Option<Stopped>, StartError> {
    let mut signals = Signals::listen().map_err(|error| StartError::Signals(error.to_string()))?;
    let program = Program::of_this_process(unset);
    let (predecessor, inherited) = match Predecessor::of_this_process()? {
        Some((predecessor, inherited)) => (Some(predecessor), inherited),
        None => (None, Inherited::of_systemd()?),
    };
    let launch = Launch { flags, env, inherited, takes_over: predecessor.is_some() };
    let mut running = tokio::select! {
        biased;
        started = App::start(launch) => started?,
        () = signals.stop() => {
            info!("stopped before it was ready");
            return Ok(None);
        }
    };
    if let Some(predecessor) = predecessor {
        predecessor.take_over()?;
    }
    running.announce();
    loop {
        match signals.next().await {
            Request::Stop => break,
            Request::Reload => {
                notify::reloading();
                tokio::select! {
                    () = running.reload() => {}
                    () = signals.stop() => break,
                }
                notify::ready(&running.status());
            }
            Request::HandOver => {
                let is_replaced = tokio::select! {
                    is_replaced = hand_over(&mut running, &program) => is_replaced,
                    () = signals.stop() => break,
                };
                if is_replaced {
                    return Ok(Some(leave(running, signals).await));
                }
            }
        }
    }
    notify::stopping("ending the calls in flight");
    Ok(Some(running.stop_until(signals.stop()).await))
}

/// Starts a new process on the same sockets. Returns whether it serves in the place of this one,
/// which serves on when it does not.
async fn hand_over(running: &mut Running, program: &io::Result<Program>) -> bool {
    let started = match program {
        Ok(program) => program.start(&running.listeners),
        Err(error) => Err(io::Error::other(error.to_string())),
    };
    let replaced = async {
        let mut successor = started?;
        let process_id = successor.started().await?;
        info!("handing over to process {process_id}, once it serves");
        successor.serves().await?;
        Ok::<_, io::Error>((successor, process_id))
    };
    let (successor, process_id) = match replaced.await {
        Ok(replaced) => replaced,
        Err(error) => {
            error!("not handed over, this process serves on; of the new one: {error}");
            return false;
        }
    };
    running.leave_to_another(process_id).await;
    successor.go();
    true
}

/// Ends the calls in flight. `systemctl stop` sends its signal to every process of the unit, to
/// those as well that are stopping already, so the first one counts for nothing.
async fn leave(running: Running, mut signals: Signals) -> Stopped {
    let second_signal = pin!(async {
        signals.stop().await;
        signals.stop().await;
    });
    running.stop_until(second_signal).await
}
