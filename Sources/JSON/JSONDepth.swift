/// How deeply JSON may nest, in levels of arrays and objects: a value without any has none.
///
/// What a request brought is kept inside other JSON, and must still be readable there: a notice that nobody can read can
/// never be published. So what comes from outside may nest less than what is read.
package enum JSONDepth {
    /// What is read at all. A deeper text could exhaust the stack.
    package static let readable = 64

    /// The levels kept free for what is put around a part of a request's body before it is read again.
    ///
    /// The most today is 3: a body as the payload of an event (`{"events": [{"payload": BODY}]}`); an attribute of
    /// `ref-update` has one level around it in the body, three in the object (`{"x_refs": [{"attr": …}]}`) and a fourth in
    /// the object's notice. The others are for builds to come, since an older one reads what a newer one wrote.
    package static let wrapping = 8

    /// The deepest body of a request: 56 levels.
    package static let request = readable - wrapping

    /// The deepest JSON in a text that is shown as a value of its own, such as a port's `binding:profile`, which
    /// stands below two levels of a body (`{"port": {"binding:profile": …}}`) when a client writes it back.
    package static let embedded = request - 2
}
