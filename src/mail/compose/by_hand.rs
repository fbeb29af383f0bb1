//! Asks a person to post an approved text where Holdline cannot.

use serde::Serialize;

use super::press::Kind;
use super::{ComposeError, Composer, Draft, Letter, Scene};
use crate::core::incident::Statement;
use crate::core::name::{ChannelName, StepId};
use crate::core::setting::Setting;
use crate::core::shown::{Duty, Shown, Text, texts};

#[derive(Serialize)]
struct ByHand<'a> {
    /// Nothing is posted then, whoever is asked.
    rehearsal: bool,
    title: &'a str,
    channel: &'a str,
    account: String,
    /// The post that this one corrects.
    corrects: Option<String>,
    texts: Vec<Text>,
    page: String,
    duty: Duty,
}

impl Composer {
    pub fn by_hand(
        &self,
        scene: &Scene<'_>,
        statement: &StepId,
        channel: &ChannelName,
    ) -> Result<Letter, ComposeError> {
        let approved = scene.incident.approved(statement);
        let approved = approved.ok_or_else(|| ComposeError::NotApproved(statement.clone()))?;
        let package = approved.package();
        let placement = package.placement(channel).ok_or_else(|| ComposeError::NotApproved(statement.clone()))?;
        let mut texts = texts(package);
        for text in &mut texts {
            text.goes.retain(|goes| goes.channel == channel.as_str());
        }
        texts.retain(|text| !text.goes.is_empty());
        let version = scene.incident.statements.get(statement).map_or(0, Statement::version);
        let what = format!("{}, {} (v{version})", scene.incident.title, Shown::statement_name(statement));
        let corrects = package.corrects.as_ref().and_then(|corrects| corrects.posts.get(channel).cloned().flatten());
        let data = ByHand {
            rehearsal: scene.incident.setting == Setting::Rehearsal,
            title: &scene.incident.title,
            channel: channel.as_str(),
            account: placement.account.clone(),
            corrects,
            texts,
            page: scene.page(),
            duty: scene.shown().duty(),
        };
        self.letter(scene, &Draft { kind: Kind::ByHand, subject: format!("Post by hand on {channel}: {what}"), data })
    }
}
