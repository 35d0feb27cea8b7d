//! The support desk: operators, four eyes, audit, health, and who may see what.

mod audit;
mod controls;
mod four_eyes;
mod health;
mod operator_groups;
mod operators;
mod roles;
mod support;
