//! Bayesian matrix factorisation by Gibbs sampling: the model of the biased factorisation, not at one
//! point but averaged over the posterior of its parameters (Salakhutdinov and Mnih 2008, "Bayesian
//! Probabilistic Matrix Factorization using Markov Chain Monte Carlo"; the biases are one more factor
//! of each row). With what users rated at all as a prior of both sides' rows it is the Bayesian SVD++.

mod random; // draws that depend on seed, epoch and row alone
mod prior; // what the rows of a side have in common
mod implied; // what a row's counterparts say of it
mod kept; // the draws that make the model
mod chain; // one epoch after the other
mod learner; // the model as a run sees it

pub(crate) use learner::Gibbs;
