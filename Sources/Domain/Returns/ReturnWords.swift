/// Why goods come back.
///
/// Raw values are stored and are the contract's.
public enum ReturnReason: Int16, LifecycleWord {
    /// The customer does not want them.
    case unwanted = 1
    /// They do not work.
    case defective = 2
    /// They were damaged on the way to the customer.
    case damagedInTransit = 3
    /// Something else was sent than was ordered.
    case wrongItem = 4
    /// They do not fit.
    case wrongSize = 5
    /// They came too late.
    case late = 6
    /// They never came.
    case neverArrived = 7
    /// None of these.
    case other = 8
}

/// In which condition goods are, as the customer says or as an inspection finds.
///
/// Raw values are stored and are the contract's.
public enum ReturnCondition: Int16, LifecycleWord {
    /// In their sealed packing.
    case unopened = 1
    /// Unpacked, not used.
    case opened = 2
    /// Used.
    case used = 3
    /// Damaged.
    case damaged = 4
}

/// On which way goods come back.
///
/// Raw values are stored and are the contract's.
public enum ReturnMethod: Int16, LifecycleWord {
    /// With a carrier.
    case mail = 1
    /// Over the counter of any store.
    case store = 2
    /// At a logistics partner.
    case thirdParty = 3
}

/// Who pays the carrier.
///
/// Raw values are stored and are the contract's.
public enum LabelPayer: Int16, LifecycleWord {
    /// The customer.
    case customer = 1
    /// The seller.
    case seller = 2
}

/// What the customer gets for the goods.
///
/// Raw values are stored and are the contract's.
public enum RefundWay: Int16, LifecycleWord {
    /// Money, to the tenders of the order.
    case original = 1
    /// Store credit.
    case storeCredit = 2
}

/// How what came differs from what was announced.
///
/// Raw values are stored and are the contract's.
public enum ReturnVariance: Int16, LifecycleWord {
    /// Units that did not come.
    case less = 1
    /// Units beyond those that were announced.
    case more = 2
    /// An article that was not announced.
    case wrongItem = 3
}

/// How a return was settled.
///
/// Raw values are stored and are the contract's.
public enum ReturnSettlement: Int16, LifecycleWord {
    /// To the tenders of the order.
    case original = 1
    /// As store credit.
    case storeCredit = 2
    /// Outside: by a till or a bank that Holdfast does not speak with.
    case outside = 3
    /// Against other goods.
    case exchange = 4
    /// There was nothing to give back.
    case nothingDue = 5
}
